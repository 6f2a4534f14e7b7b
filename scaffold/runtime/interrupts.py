"""Turns the signals that end a program into one exception, so that clean-up runs."""

import contextlib
import signal
from collections.abc import Iterator
from types import FrameType

EXIT_CODE = 130
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


received = False


class Interrupted(KeyboardInterrupt):
    """A signal that ends the program.

    CPython remembers that a plain KeyboardInterrupt passed through exec'd code, as when a module
    with dataclasses is imported, and then dies of SIGINT at exit although it was handled.
    """


def install() -> None:
    """Raise Interrupted on the first such signal and ignore the rest while cleaning up."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        global received
        received = True
        for other in _SIGNALS:
            signal.signal(other, signal.SIG_IGN)
        raise Interrupted

    for number in _SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:  # nohup ignores SIGHUP on purpose
            signal.signal(number, interrupt)


def check() -> None:
    """Raise Interrupted if the first one was lost, as in a callback that may not raise."""
    if received:
        raise Interrupted


@contextlib.contextmanager
def ignored() -> Iterator[None]:
    """Lets a short last step finish: signals that arrive meanwhile have no effect."""
    handlers = {number: signal.signal(number, signal.SIG_IGN) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
