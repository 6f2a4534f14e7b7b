"""The frame around every command: options, output and exit status.

Results go to standard output, as text or with --json as one document; everything else goes to
standard error.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import signal
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from loguru import logger

from chutekit.ops.errors import NO, OUTSIDE, Problem


@dataclass(frozen=True)
class Result:
    """What a command found or did: one text for people, the same facts for programs."""

    text: str
    facts: dict[str, Any] = field(default_factory=dict)
    ok: bool = True


Command = Callable[[argparse.Namespace], Result]


def options(description: str | None) -> argparse.ArgumentParser:
    """Return a parser with the options that every command has."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--json", action="store_true", help="print the result as one JSON document")
    parser.add_argument("--debug", action="store_true", help="show where an error comes from")
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
    print(json.dumps(result.facts, indent=2) if arguments.json else result.text)
    sys.exit(0 if result.ok else NO)


def _unexpected(error: Exception) -> Problem:
    kind = type(error).__name__
    return Problem(
        f"Unexpected {kind}.", "Run the command again with --debug to see where.", OUTSIDE
    )


def _failed(problem: Problem, arguments: argparse.Namespace) -> int:
    if arguments.debug:
        traceback.print_exc()
    print(f"error: {problem.message}", file=sys.stderr)
    if problem.hint:
        print(f"hint: {problem.hint}", file=sys.stderr)
    if arguments.json:
        error = {"code": problem.status, "message": problem.message, "hint": problem.hint}
        print(json.dumps({"error": error}, indent=2))
    return problem.status
