"""Turns the signals that end a program into one exception, so that clean-up runs."""

import contextlib
import signal
from collections.abc import Iterator
from types import FrameType

EXIT_CODE = 130
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


received = False
#: What came of the run so far, for who interrupts it.
outcome = "nothing was written"
_deferring = False


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
        if not _deferring:
            raise Interrupted

    for number in _SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:  # nohup ignores SIGHUP on purpose
            signal.signal(number, interrupt)


@contextlib.contextmanager
def deferred() -> Iterator[None]:
    """For what must not be left half done: signals wait for a block of `allowed` inside.

    One that comes after the last of them has no effect.
    """
    global _deferring
    _deferring = True
    try:
        yield
    finally:
        _deferring = False


@contextlib.contextmanager
def allowed() -> Iterator[None]:
    """Let a signal raise Interrupted, also one that came before, inside of `deferred`."""
    global _deferring
    _deferring = False
    try:
        _raise_the_lost()
        yield
        _raise_the_lost()
    finally:
        _deferring = True


def _raise_the_lost() -> None:
    """Not every place lets a handler raise: a callback, for one, does not."""
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
