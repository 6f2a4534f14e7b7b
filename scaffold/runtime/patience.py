"""An end for what reads a repository that may be anybody's."""

import contextlib
import signal
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from scaffold.errors import Refused

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
