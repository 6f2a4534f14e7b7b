"""What the interview needs of whatever asks: a screen with keys, or plain lines."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal, Protocol

from scaffold.answers.questions import Choice

CREATE, CHANGE, EVERYTHING, STEP_BACK, QUIT = "y", "change", "all", "<", "q"
# What can be done at the review.
MENU = (
    Choice("Create it", CREATE),
    Choice("Change an answer", CHANGE),
    Choice("Go through every question", EVERYTHING),
    Choice("Step back", STEP_BACK),
    Choice("Quit, write nothing", QUIT),
)


class Answer(Enum):
    """What can be answered besides a value."""

    BACK = "a step back"


BACK: Literal[Answer.BACK] = Answer.BACK
Check = Callable[[Any], str]


@dataclass(frozen=True)
class Frame:
    """What stands around a prompt: `pane` scrolls, and is made anew when the size changes."""

    label: str
    title: str = ""
    notes: Sequence[str] = ()
    pane: Callable[[], Sequence[str]] | None = None


def clip(text: str, columns: int) -> str:
    """The beginning of `text`, with an ellipsis when that is not all."""
    return text if len(text) <= columns else f"{text[: columns - 3]}..."


class Console(Protocol):
    """Asks, and keeps a transcript of `rows` lines, the last of which can be taken back.

    `how` says how to answer; `spoken` lines are read aloud, so they are sentences and no tables.
    """

    rows: int
    how: str
    spoken: bool

    def say(self, text: str, style: str = "") -> None:
        """Print a paragraph."""

    def answered(self, key: str, value: str) -> None:
        """One row for one answer."""

    def take_back(self, rows: int) -> None:
        """Remove what was printed since there were `rows` rows, or say that it does not count."""

    def text(self, frame: Frame, default: str, check: Check) -> str | Answer:
        """One line of text, refused with what `check` says about it."""

    def one(
        self,
        frame: Frame,
        choices: Sequence[Choice],
        default: str | None,
        check: Check,
        other: str = "",
    ) -> str | Answer:
        """One of several; those with a reason are shown and cannot be taken.

        With `other`, the value of the choice that stands for anything else, what is typed and is
        none of them is the answer.
        """

    def some(
        self, frame: Frame, choices: Sequence[Choice], chosen: Sequence[str], check: Check
    ) -> list[str] | Answer:
        """Any number of several; those with a reason are shown and cannot be marked."""

    def review(self, frame: Frame, answers: Mapping[str, str], check: Check) -> str | Answer:
        """A value of MENU, or the key of the answer to change."""
