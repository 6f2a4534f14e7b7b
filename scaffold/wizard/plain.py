"""Questions as plain lines, for screen readers and terminals that can do nothing else.

Nothing moves, nothing is redrawn or coloured. A question is its text, numbered choices and one line
to type.
"""

import sys
from collections.abc import Callable, Sequence
from typing import TextIO, TypeVar

from scaffold.questions import Choice
from scaffold.wizard.console import BACK, Answer, Check, Frame

STEP_BACK, REPEAT, NOTHING = "<", "?", "none"
Value = TypeVar("Value")


class Plain:
    """A console of lines."""

    how = (
        "Type a number or a name; Enter alone takes what stands in brackets. "
        f"{STEP_BACK} steps back, {REPEAT} repeats the question, Ctrl-C ends it."
    )

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
        return self._ask(frame, [], default, lambda line: (line or default, ""), check)

    def one(
        self, frame: Frame, choices: Sequence[Choice], default: str | None, check: Check
    ) -> str | Answer:
        """A number or a name of one choice."""
        known = next((c.value for c in choices if c.value == default and not c.reason), "")

        def read(line: str) -> tuple[str, str]:
            return _chosen(line or known, choices)

        return self._ask(frame, choices, known, read, check)

    def some(
        self, frame: Frame, choices: Sequence[Choice], chosen: Sequence[str], check: Check
    ) -> list[str] | Answer:
        """Numbers or names of choices with commas between them; `none` for none."""

        def read(line: str) -> tuple[list[str], str]:
            if not line:
                return list(chosen), ""
            if line == NOTHING:
                return [], ""
            found = [_chosen(part.strip(), choices) for part in line.split(",") if part.strip()]
            return [value for value, _ in found], "; ".join(wrong for _, wrong in found if wrong)

        several = Frame(
            frame.label,
            frame.title,
            [*frame.notes, f"Several with commas between them, {NOTHING} for none."],
            frame.pane,
        )
        return self._ask(several, choices, ", ".join(chosen) or NOTHING, read, check)

    def _ask(
        self,
        frame: Frame,
        choices: Sequence[Choice],
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

    def _show(self, frame: Frame, choices: Sequence[Choice]) -> None:
        self._print("")
        for line in (*frame.pane, frame.title, *frame.notes):
            self._print(line)
        for number, choice in enumerate(choices, 1):
            refused = f" (not possible: {choice.reason})" if choice.reason else ""
            self._print(f"{number}. {' '.join(choice.title.split())}{refused}")

    def _print(self, text: str, end: str = "\n") -> None:
        encoding = self.stream.encoding or "utf-8"
        self.stream.write(text.encode(encoding, "backslashreplace").decode(encoding) + end)
        self.stream.flush()


def _chosen(typed: str, choices: Sequence[Choice]) -> tuple[str, str]:
    """The value of a choice by its number, its value or the beginning of its title."""
    if not choices:
        return typed, ""
    by_number = {str(number): choice for number, choice in enumerate(choices, 1)}
    found = by_number.get(typed) or next((c for c in choices if c.value == typed), None)
    if found is None:
        titled = [c for c in choices if typed and c.title.lower().startswith(typed.lower())]
        found = titled[0] if len(titled) == 1 else None
    if found is None:
        return "", f"{typed or 'nothing'} is none of them, type a number from 1 to {len(choices)}"
    return found.value, found.reason


def _line() -> str:
    """What was typed. Raises EOFError at the end of the input."""
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    return line.strip()
