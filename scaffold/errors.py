"""Everything that can stop a command, by the exit code it stops with."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Unasked:
    """What could not be asked of a network, and why."""

    what: str
    why: str


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with one answer; `line` counts from 1 in the answers file.

    `options` are the ways to give this answer, where there is a choice of them.
    """

    key: str
    value: Any
    message: str
    line: int | None = None
    options: tuple[str, ...] = ()


class Stop(Exception):  # noqa: N818 - it ends a command, not always by an error
    """The command cannot go on: says why, and in `hint` what to do about it."""

    code = 1

    def __init__(self, message: str, *, hint: str = "", problems: Sequence[Problem] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.problems = tuple(problems)


class Failed(Stop):
    """It ran and the answer is no."""

    code = 1


class BadUsage(Stop):
    """Options or answers are wrong; nothing was written."""

    code = 2


class Refused(Stop):
    """What is there already forbids it; nothing was written."""

    code = 3


class OutsideFailure(Stop):
    """The network, a missing tool, the disk or the platform failed."""

    code = 4


def reason(error: BaseException) -> str:
    """Why something outside failed, in lower case, without Python's wrapping."""
    return str(getattr(error, "strerror", None) or error).lower()
