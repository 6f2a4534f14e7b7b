"""What is told while a command works: lines in a pipeline, one changing line on a terminal."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable

from chutekit.ops.errors import Problem

REMINDER_SECONDS = 60


def interactive() -> bool:
    """Tell whether someone is there to answer a question."""
    return os.environ.get("CI", "").lower() not in ("1", "true") and sys.stdin.isatty()


def say(text: str) -> None:
    """Tell one thing on standard error."""
    print(text, file=sys.stderr, flush=True)


def wait(subject: str, limit: float, look: Callable[[], tuple[bool, str]], hint: str = "") -> None:
    """Call `look` until it says it is done, telling its state; Problem after `limit` seconds."""
    line = _Line(subject)
    started = time.monotonic()
    pause = min(1.0, limit / 20)
    while True:
        done, state = look()
        elapsed = time.monotonic() - started
        line.show(state, elapsed)
        if done:
            line.end()
            return
        if elapsed + pause > limit:
            line.end()
            raise Problem(f"{subject}: still {state} after {elapsed:.0f} s.", hint)
        time.sleep(pause)
        pause = min(pause * 1.3, 10.0, limit / 4)


class _Line:
    """A line that changes in place on a terminal and repeats now and then elsewhere."""

    def __init__(self, subject: str) -> None:
        self.subject = subject
        self.inplace = sys.stderr.isatty() and not os.environ.get("CI")
        self.state = ""
        self.told = float("-inf")

    def show(self, state: str, elapsed: float) -> None:
        text = f"{self.subject}: {state} ({elapsed:.0f} s)"
        if self.inplace:
            print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)
        elif state != self.state or elapsed - self.told >= REMINDER_SECONDS:
            say(text)
            self.told = elapsed
        self.state = state

    def end(self) -> None:
        if self.inplace:
            print(file=sys.stderr, flush=True)
