"""What `create` says it made, for people."""

import json

from scaffold import cost
from scaffold.creation.order import Created
from scaffold.runtime import report


def created(result: Created, *, dry_run: bool) -> str:
    """What was made and what to do next."""
    verb = "Would make" if dry_run else "Made"
    lines = [f"{verb} {result.destination} ({len(result.files)} files)"]
    if dry_run:
        lines += [f"  {file}" for file in result.files]
    lines += _habits(result)
    lines += ["", *cost.table(result.cost)]
    lines += [f"\n{report.wrapped(warning)}" for warning in result.warnings]
    if not dry_run:
        checked = {True: "verified", False: "not verified", None: "not verified"}[result.verified]
        commit = f"commit {result.commit[:12]}" if result.commit else "no commit"
        lines += ["", f"{checked.capitalize()}, {commit}. Next:"]
        lines += [f"  {step}" for step in result.next_steps]
    return "\n".join(lines)


def _habits(result: Created) -> list[str]:
    """The answers that nobody gave in this run."""
    habits = [
        f"{key} {json.dumps(result.answers[key], ensure_ascii=False)} ({origin})"
        for key, origin in result.origins.items()
        if origin.startswith(("CHUTE_NEW_", "line "))
    ]
    return report.section("From your habits", habits)
