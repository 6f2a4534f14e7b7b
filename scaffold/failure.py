"""What stops a command, told for people and, where they asked for JSON, for programs."""

import json
from typing import Any

from scaffold.answers import secrets
from scaffold.errors import Problem, Stop


def text(stop: Stop) -> str:
    """The error as people read it."""
    lines = [f"error: {stop.message}", *(f"  {_problem(each)}" for each in stop.problems)]
    if stop.hint:
        lines.append(f"hint: {stop.hint}")
    return secrets.redact("\n".join(lines))


def document(stop: Stop) -> str:
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
