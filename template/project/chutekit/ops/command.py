"""The frame around every command: its options, what it tells, how long it waits, how it ends.

Results go to standard output, as text or with --json as one document; everything else goes to
standard error.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from loguru import logger

from chutekit.ops.plain import plain

#: Exit statuses. 0 is success and 130 an interrupt.
NO = 1
USAGE = 2
REFUSED = 3
OUTSIDE = 4


class Problem(Exception):
    """What is wrong, in the user's words, and what to do about it."""

    def __init__(self, message: str, hint: str = "", status: int = OUTSIDE) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.status = status


@dataclass(frozen=True)
class Result:
    """What a command found or did: one text for people, the same facts for programs."""

    text: str
    facts: dict[str, Any] = field(default_factory=dict)
    ok: bool = True


Command = Callable[[argparse.Namespace], Result]


def options(description: str | None, chute: bool = False) -> argparse.ArgumentParser:
    """Return a parser with the options that every command has, and where wanted which chute."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--json", action="store_true", help="print the result as one JSON document")
    parser.add_argument("--debug", action="store_true", help="show where an error comes from")
    if chute:
        parser.add_argument("chute", choices=["prod", "staging"])
    return parser


def run(command: Command, parser: argparse.ArgumentParser) -> None:
    """Run the command with the options given, print its result and end the process."""
    arguments = parser.parse_args()
    # A cancelled pipeline sends SIGTERM; what was begun is then cleaned up as after Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    logger.disable("chutes")  # the SDK logs every signature it makes
    try:
        with contextlib.redirect_stdout(sys.stderr):  # chute.py, imported, may print
            result = command(arguments)
    except Problem as problem:
        sys.exit(_failed(problem, arguments))
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        sys.exit(_failed(_unexpected(error), arguments))
    print(json.dumps(result.facts, indent=2) if arguments.json else plain(result.text))
    sys.exit(0 if result.ok else NO)


def _unexpected(error: Exception) -> Problem:
    kind = type(error).__name__
    return Problem(
        f"Unexpected {kind}.", "Run the command again with --debug to see where.", OUTSIDE
    )


def _failed(problem: Problem, arguments: argparse.Namespace) -> int:
    if arguments.debug:
        traceback.print_exc()
    say(f"error: {problem.message}")
    if problem.hint:
        say(f"hint: {problem.hint}")
    if arguments.json:
        error = {"code": problem.status, "message": problem.message, "hint": problem.hint}
        print(json.dumps({"error": error}, indent=2))
    return problem.status


#: How long the commands wait, in seconds; each can be set by an environment variable.
DEFAULTS = {
    "OPS_REQUEST_SECONDS": 60,  # one request to the platform or to the chute
    "OPS_RETRY_SECONDS": 120,  # trying again after lost connections and server errors
    "OPS_BUILD_SECONDS": 7800,  # an image; the platform itself gives up after 7200
    "OPS_DEPLOY_SECONDS": 300,  # a deployment to be accepted and to show when read back
    "OPS_CACHE_SECONDS": 240,  # answers of the platform that are from its caches, 210 s at most
    "OPS_FLIGHT_SECONDS": 30,  # what a command sent before it broke off, to take effect
    "OPS_WAKE_SECONDS": 5700,  # a GPU to be found and the model loaded; the platform allows 5400
    "OPS_REPORT_SECONDS": 86400,  # how old a smoke report may be when promoting
}


def seconds(name: str) -> float:
    """Return the wait of that name."""
    text = os.environ.get(name, "")
    if not text:
        return DEFAULTS[name]
    try:
        value = float(text)
    except ValueError:
        value = -1
    if not 0 < value < float("inf"):
        raise Problem(f"{name} must be a number of seconds, not {text!r}.", status=USAGE)
    return value


REMINDER_SECONDS = 60


def in_pipeline() -> bool:
    """Tell whether nobody is there to read what is told, as in a pipeline."""
    return os.environ.get("CI", "").lower() in ("1", "true")


def interactive() -> bool:
    """Tell whether someone is there to answer a question."""
    return not in_pipeline() and sys.stdin.isatty()


def say(text: str) -> None:
    """Tell one thing on standard error."""
    print(plain(text), file=sys.stderr, flush=True)


def comes_true(limit: float, look: Callable[[], bool]) -> bool:
    """Look until it is true or the time is over; return whether it became true."""
    deadline = time.monotonic() + limit
    while not look():
        if time.monotonic() >= deadline:
            return False
        time.sleep(min(1.0, limit / 4))
    return True


def wait(subject: str, name: str, look: Callable[[], tuple[bool, str]], hint: str = "") -> None:
    """Call `look` until it says it is done, telling its state; Problem after the wait `name`."""
    line, limit = Line(subject), seconds(name)
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


class Line:
    """A line that changes in place on a terminal and repeats now and then elsewhere."""

    def __init__(self, subject: str) -> None:
        self.subject = subject
        self.inplace = sys.stderr.isatty() and not os.environ.get("CI")
        self.state = ""
        self.told = float("-inf")

    def show(self, state: str, elapsed: float) -> None:
        """Tell the state, and for how long it has been waited."""
        text = f"{self.subject}: {state} ({elapsed:.0f} s)"
        if self.inplace:
            print(f"\r\033[K{plain(text)}", end="", file=sys.stderr, flush=True)
        elif state != self.state or elapsed - self.told >= REMINDER_SECONDS:
            say(text)
            self.told = elapsed
        self.state = state

    def end(self) -> None:
        """Go on below it."""
        if self.inplace:
            print(file=sys.stderr, flush=True)
