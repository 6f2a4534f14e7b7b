"""What the interview needs of whatever asks: a screen with keys, or plain lines."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal, Protocol

from scaffold.questions import Choice


class Answer(Enum):
    """What can be answered besides a value."""

    BACK = "a step back"


BACK: Literal[Answer.BACK] = Answer.BACK
Check = Callable[[Any], str]


@dataclass(frozen=True)
class Frame:
    """What stands around a prompt: `pane` scrolls when it does not fit."""

    label: str
    title: str = ""
    notes: Sequence[str] = ()
    pane: Sequence[str] = ()


class Console(Protocol):
    """Asks, and keeps a transcript of `rows` lines, the last of which can be taken back."""

    rows: int
    how: str

    def say(self, text: str, style: str = "") -> None:
        """Print a paragraph."""

    def answered(self, key: str, value: str) -> None:
        """One row for one answer."""

    def take_back(self, rows: int) -> None:
        """Remove what was printed since there were `rows` rows, or say that it does not count."""

    def text(self, frame: Frame, default: str, check: Check) -> str | Answer:
        """One line of text, refused with what `check` says about it."""

    def one(
        self, frame: Frame, choices: Sequence[Choice], default: str | None, check: Check
    ) -> str | Answer:
        """One of several; those with a reason are shown and cannot be taken."""

    def some(
        self, frame: Frame, choices: Sequence[Choice], chosen: Sequence[str], check: Check
    ) -> list[str] | Answer:
        """Any number of several; those with a reason are shown and cannot be marked."""
