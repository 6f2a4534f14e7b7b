"""An end for what reads a repository that may be anybody's, and for questions to servers."""

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from types import FrameType
from typing import TypeVar

from scaffold.errors import Refused

Answer = TypeVar("Answer")
# Far more than anything takes that people wrote.
SECONDS = 600


@contextlib.contextmanager
def timed(path: Path, doing: str, hint: str) -> Iterator[None]:
    """Refuses what takes longer than anything that people wrote.

    What looks through a text by a regular expression is ended, too.
    """

    def stop(number: int, frame: FrameType | None) -> None:
        raise _Endless

    before = signal.signal(signal.SIGALRM, stop)
    left, _ = signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        yield
    except _Endless:
        raise Refused(f"{path} takes more than {SECONDS:g} seconds {doing}", hint=hint) from None
    finally:
        signal.setitimer(signal.ITIMER_REAL, left)
        signal.signal(signal.SIGALRM, before)


class _Endless(BaseException):
    """No error of a reader's, which would be taken for one finding."""


def within(seconds: float, ask: Callable[[], Answer]) -> Answer:
    """What `ask` comes to, or raises; TimeoutError when that takes longer.

    Time limits of sockets begin anew with each byte, so that a server can stretch the head of an
    answer over days.
    """
    found: Future[Answer] = Future()

    def asking() -> None:
        try:
            found.set_result(ask())
        except BaseException as error:
            found.set_exception(error)

    # A daemon: whatever holds it does not hold the program.
    threading.Thread(target=asking, daemon=True).start()
    return found.result(seconds)
