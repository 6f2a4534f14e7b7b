"""Questions as plain lines, for screen readers and terminals that can do nothing else.

Nothing moves, nothing is redrawn or coloured. A question is its text, numbered choices and one line
to type.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TextIO, TypeVar

from scaffold.answers.questions import Choice
from scaffold.wizard.console import (
    BACK,
    CHANGE,
    CREATE,
    MENU,
    STEP_BACK,
    Answer,
    Check,
    Frame,
    clip,
)

REPEAT, NOTHING = "?", "none"
# What is typed by mistake is repeated no longer than this.
ECHOED = 40
# At the review a number changes an answer, and a step back is the one of every question.
COMMANDS = tuple(wish for wish in MENU if wish.value not in (CHANGE, STEP_BACK))
Value = TypeVar("Value")


class Plain:
    """A console of lines."""

    how = (
        "Type a number or a name; Enter alone takes what stands in brackets. "
        f"{STEP_BACK} steps back, {REPEAT} repeats the question, Ctrl-C ends it."
    )
    spoken = True

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.rows = 0

    def say(self, text: str, style: str = "") -> None:
        """Print a paragraph as one line: a screen reader reads on at the end of one."""
        self._print(text)
        self.rows += 1

    def answered(self, key: str, value: str) -> None:
        """Repeat what was understood."""
        self.say(f"{key} is {value}.")

    def take_back(self, rows: int) -> None:
        """Lines that were read aloud cannot be taken back."""
        if self.rows != rows:
            self.say("One step back.")
        self.rows = rows

    def text(self, frame: Frame, default: str, check: Check) -> str | Answer:
        """One line of text."""
        return self._ask(frame, (), default, lambda line: (line or default, ""), check)

    def one(
        self,
        frame: Frame,
        choices: Sequence[Choice],
        default: str | None,
        check: Check,
        other: str = "",
    ) -> str | Answer:
        """A number or a name of one choice; with `other`, also what is none of them."""
        known = next((c.value for c in choices if c.value == default and not c.reason), "")

        def read(line: str) -> tuple[str, str]:
            value, wrong = _chosen(line or known, choices)
            return (line, "") if other and line and not value else (value, wrong)

        return self._ask(frame, _numbered(choices), known, read, check)

    def some(
        self, frame: Frame, choices: Sequence[Choice], chosen: Sequence[str], check: Check
    ) -> list[str] | Answer:
        """Numbers or names of choices with commas between them; `none` for none."""

        def read(line: str) -> tuple[list[str], str]:
            if not line:
                return list(chosen), ""
            if line.lower() == NOTHING:
                return [], ""
            found = [_chosen(part.strip(), choices) for part in line.split(",") if part.strip()]
            return [value for value, _ in found], "; ".join(wrong for _, wrong in found if wrong)

        several = [*_numbered(choices), f"Several with commas between them, {NOTHING} for none."]
        return self._ask(frame, several, ", ".join(chosen) or NOTHING, read, check)

    def review(self, frame: Frame, answers: Mapping[str, str], check: Check) -> str | Answer:
        """All answers by number, each to be changed by typing it; creating takes an explicit y."""
        choices = [Choice(f"{key}: {value}", key) for key, value in answers.items()]
        commands = [
            f"{wish.value}: {wish.title}." for wish in (*COMMANDS, Choice("Step back", STEP_BACK))
        ]

        def read(line: str) -> tuple[str, str]:
            word = CREATE if line.lower() == "yes" else line.lower()
            if word in [wish.value for wish in COMMANDS]:
                return word, ""
            return _chosen(line, choices, ", ".join(wish.value for wish in COMMANDS))

        listed = [*_numbered(choices), "A number changes that answer.", *commands]
        return self._ask(frame, listed, "", read, check)

    def _ask(
        self,
        frame: Frame,
        choices: Sequence[str],
        default: str,
        read: Callable[[str], tuple[Value, str]],
        check: Callable[[Value], str],
    ) -> Value | Answer:
        self._show(frame, choices)
        while True:
            self._print(f"{frame.label}{f' [{default}]' if default else ''}: ", end="")
            line = _line()
            if line == STEP_BACK:
                return BACK
            if line == REPEAT:
                self._show(frame, choices)
                continue
            value, wrong = read(line)
            if wrong := wrong or check(value):
                self._print(f"Not taken: {wrong}.")
                continue
            return value

    def _show(self, frame: Frame, choices: Sequence[str]) -> None:
        self._print("")
        for line in (*(frame.pane() if frame.pane else ()), frame.title, *frame.notes, *choices):
            self._print(line)

    def _print(self, text: str, end: str = "\n") -> None:
        encoding = self.stream.encoding or "utf-8"
        shown = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
        self.stream.write(shown.encode(encoding, "backslashreplace").decode(encoding) + end)
        self.stream.flush()


def _numbered(choices: Sequence[Choice]) -> list[str]:
    return [
        f"{number}. {' '.join(choice.title.split())}"
        + (f" (not possible: {choice.reason})" if choice.reason else "")
        for number, choice in enumerate(choices, 1)
    ]


def _chosen(typed: str, choices: Sequence[Choice], besides: str = "") -> tuple[str, str]:
    """The value of a choice by its number, its value or the beginning of its title.

    And what is wrong with it; `besides` names what else could have been typed.
    """
    word = typed.lower()
    found = next(
        (c for n, c in enumerate(choices, 1) if word in (str(n), c.value.lower())),
        None,
    )
    if found is None:
        titled = [c for c in choices if word and c.title.lower().startswith(word)]
        found = titled[0] if len(titled) == 1 else None
    if found is None:
        allowed = f"type {f'{besides} or ' if besides else ''}a number from 1 to {len(choices)}"
        return "", f"{clip(typed, ECHOED)} is none of them, {allowed}" if typed else allowed
    return found.value, found.reason


def _line() -> str:
    """What was typed. Raises EOFError at the end of the input."""
    line = sys.stdin.buffer.readline()
    if not line:
        raise EOFError
    return line.decode(sys.stdin.encoding, "surrogateescape").strip()
