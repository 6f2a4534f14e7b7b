"""The texts and JSON documents the commands print. Results go to stdout, talk to stderr."""

import json
import shutil
import sys
import textwrap
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from scaffold.errors import Problem, Stop
from scaffold.runtime import progress, streams

if TYPE_CHECKING:
    from scaffold.creation.create import Created
    from scaffold.update.run import Updated


def created(result: "Created", *, dry_run: bool) -> str:
    """What was made and what to do next."""
    verb = "Would make" if dry_run else "Made"
    lines = [f"{verb} {result.destination} ({len(result.files)} files)"]
    if dry_run:
        lines += [f"  {file}" for file in result.files]
    lines += _habits(result)
    lines += ["", *cost_table(result.cost)]
    lines += [f"\n{wrapped(warning)}" for warning in result.warnings]
    if not dry_run:
        checked = {True: "verified", False: "not verified", None: "not verified"}[result.verified]
        commit = f"commit {result.commit[:12]}" if result.commit else "no commit"
        lines += ["", f"{checked.capitalize()}, {commit}. Next:"]
        lines += [f"  {step}" for step in result.next_steps]
    return "\n".join(lines)


def _habits(result: "Created") -> list[str]:
    """The answers that nobody gave in this run."""
    habits = [
        f"{key} {json.dumps(result.answers[key], ensure_ascii=False)} ({origin})"
        for key, origin in result.origins.items()
        if origin.startswith(("CHUTE_NEW_", "line "))
    ]
    return _section("From your habits", habits)


def updated(result: "Updated", *, dry_run: bool) -> str:
    """What an update changed, what to look at, and how to take it back."""
    if not result.changed:
        return f"{result.path} is up to date (version {result.new})."
    verb = "Would update" if dry_run else "Updated"
    lines = [f"{verb} {result.path} from {result.old} to {result.new}", ""]
    lines += [result.diff] if dry_run else [f"  {path}" for path in result.changed]
    if result.image:
        lines.append(f"\nThe image changes from {result.image[0]} to {result.image[1]}: build it.")
    lines += _section(
        "New questions took", [f"{key}: {result.answers[key]!r}" for key in result.new_questions]
    )
    lines += _section("No questions any more", result.dropped_answers)
    if result.kit and result.kit.fate == "merged":
        lines += _section(result.kit.sentence(), result.kit.edited)
    elif result.kit:
        lines += ["", result.kit.sentence()]
    lines += _section(
        "Your edits moved with their files",
        [f"{old} -> {new}: {result.remedies[old]}" for old, new in result.moved.items()],
    )
    lines += _section(
        "Dropped by the template, changed by you, so kept",
        [f"{path}: {result.remedies[path]}" for path in result.kept],
    )
    lines += _section(
        "Your imports of what has another name now",
        [
            f"{path}: {', '.join(f'{old} is {new}' for old, new in names.items())}"
            for path, names in result.imports.items()
        ],
    )
    lines += _section("Changed by the template, deleted by you, so left out", result.left_out)
    lines += _section(
        "CONFLICTS", [f"{path}: {reason}" for path, reason in result.conflicts.items()]
    )
    if not dry_run:
        lines += _section("Staged, not committed. Next", result.next_steps)
        lines += _section("To take it back", [result.undo])
    return "\n".join(lines)


def newer(result: "Updated") -> str:
    """What newer versions would bring."""
    if result.old == result.new:
        return f"{result.path} is of version {result.old}, the newest here."
    lines = [f"{result.path} is of version {result.old}; {result.new} is here."]
    for version, notes in result.notes:
        lines += ["", str(version), notes or "not released yet"]
    return "\n".join(lines)


def _section(title: str, lines: list[str]) -> list[str]:
    return ["", f"{title}:", *(f"  {line}" for line in lines)] if lines else []


def wrapped(warning: str) -> str:
    """One warning, its lines as wide as the terminal."""
    width = min(shutil.get_terminal_size().columns, 100)
    return textwrap.fill(f"! {warning}", width, subsequent_indent="  ", break_on_hyphens=False)


def cost_table(cost: dict[str, Any]) -> list[str]:
    """Both variants side by side, prices in US dollars."""
    rows = [
        ("", ["prod", "staging"]),
        *(
            (title, [show(cost[variant]) for variant in ("prod", "staging")])
            for title, show in (
                ("GPU", _gpus),
                ("per instance and hour", _range),
                ("at most per hour", lambda variant: f"${variant['usd_per_hour_cap']:.2f}"),
                ("deployment fee, once", lambda variant: f"${variant['deployment_fee_usd']:.2f}"),
            )
        ),
    ]
    return [f"  {title:<22} {prod:<24} {staging}".rstrip() for title, (prod, staging) in rows]


def _gpus(cost: dict[str, Any]) -> str:
    names = cost["gpus"]
    return ", ".join(names) if len(names) < 3 else f"{len(names)} kinds"


def _range(cost: dict[str, Any]) -> str:
    price = cost["usd_per_hour_per_instance"]
    low, high = f"${price['min']:.2f}", f"${price['max']:.2f}"
    return low if low == high else f"{low} to {high}"


def problems(found: Iterable[Problem]) -> list[str]:
    """One line each: where, what was given, what is allowed."""
    return [_problem(problem) for problem in found]


def _problem(problem: Problem) -> str:
    where = f"line {problem.line}: " if problem.line else ""
    missing = problem.value is None or (problem.value == "" and problem.options)
    given = "" if missing else f" (given {_short(problem.value)})"
    ways = f": {', or '.join(problem.options)}" if problem.options and missing else ""
    return f"{where}{problem.key} {problem.message}{ways}{given}"


def _short(value: Any) -> str:
    from scaffold.answers import secrets

    text = secrets.redact(json.dumps(value, ensure_ascii=True, default=str))
    return text if len(text) <= 60 else f"{text[:57]}..."


def failure(stop: Stop) -> str:
    """The error as people read it."""
    from scaffold.answers import secrets

    lines = [f"error: {stop.message}", *(f"  {line}" for line in problems(stop.problems))]
    if stop.hint:
        lines.append(f"hint: {stop.hint}")
    return secrets.redact("\n".join(lines))


def failure_json(stop: Stop) -> str:
    """The error as programs read it."""
    from scaffold.answers import secrets

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


def tell(stop: Stop, arguments: Sequence[str]) -> int:
    """Report what stopped a command that could not see its options, in the form they ask for.

    Returns the exit code.
    """
    if "--progress=json" in arguments or ("--progress", "json") in pairwise(arguments):
        progress.start()
    if "--json" in arguments:
        out(failure_json(stop))
    talk(failure(stop))
    return stop.code


def document(content: dict[str, Any]) -> str:
    """One JSON document for standard output."""
    return json.dumps(content, ensure_ascii=False, indent=2, default=str)


def out(text: str) -> None:
    """A result, for people or programs."""
    streams.write(sys.stdout, text)


def talk(text: str) -> None:
    """Everything that is not the result."""
    if progress.on:
        progress.emit("message", text=text)
    else:
        streams.write(sys.stderr, text)
