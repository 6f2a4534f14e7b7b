"""What stops a command, told for people and, where they asked for JSON, for programs."""

import json
from collections.abc import Sequence
from typing import Any

from scaffold import __version__
from scaffold.answers import secrets
from scaffold.errors import BadUsage, Problem, Stop
from scaffold.runtime import defect, report


def tell(stop: Stop, *, as_json: bool) -> int:
    """Tell it to people and to programs; returns the exit code."""
    document(stop, as_json=as_json)
    report.talk(_text(stop))
    return stop.code


def document(error: Exception, *, as_json: bool) -> None:
    """Tell it to programs, where they asked for it and it is no defect."""
    if as_json and isinstance(error, Stop):
        report.out(_json(error))


def stop(error: Exception, arguments: Sequence[str], commands: Sequence[str]) -> Stop:
    """What any error comes to; a report is kept of one that is a defect of ours."""
    if isinstance(error, Stop):
        return error
    if hasattr(error, "format_message"):  # typer's own, for wrong options and arguments
        return BadUsage(error.format_message(), hint="`chute-new --help` lists the options")
    kept = defect.write(error, arguments, commands)
    hint = (
        f"please report it with {kept}, which holds versions and code, no answers"
        if kept
        else "run it again with --debug and report what it prints"
    )
    return Stop(f"a defect of chute-new {__version__}: {type(error).__name__}", hint=hint)


def _text(stop: Stop) -> str:
    """The error as people read it."""
    lines = [f"error: {stop.message}", *(f"  {_problem(each)}" for each in stop.problems)]
    if stop.hint:
        lines.append(f"hint: {stop.hint}")
    return secrets.redact("\n".join(lines))


def _json(stop: Stop) -> str:
    """The error as programs read it."""
    listed = [
        {
            "key": p.key,
            "value": p.value,
            "message": p.message,
            "line": p.line,
            "options": p.options,
        }
        for p in stop.problems
    ]
    error = {"code": stop.code, "message": stop.message, "hint": stop.hint, "problems": listed}
    return secrets.redact(json.dumps({"error": error}, default=str, ensure_ascii=True))


def _problem(problem: Problem) -> str:
    """One line: where, what was given, what is allowed."""
    where = f"line {problem.line}: " if problem.line else ""
    missing = problem.value is None or (problem.value == "" and problem.options)
    given = "" if missing else f" (given {_short(problem.value)})"
    ways = f": {', or '.join(problem.options)}" if problem.options and missing else ""
    return f"{where}{problem.key} {problem.message}{ways}{given}"


def _short(value: Any) -> str:
    text = secrets.redact(json.dumps(value, ensure_ascii=True, default=str))
    return text if len(text) <= 60 else f"{text[:57]}..."
