"""The seven lines of the platform's production checklist, as done, missing or unknown."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from scaffold.check.model import Finding, Severity, Unknown
from scaffold.check.repository import Repository


class Line(NamedTuple):
    """One line: what it promises, the ids (or beginnings) that break it, those that decide it.

    `requests` are lines about answering requests: without a cord in sight nothing decides them.
    """

    title: str
    promise: str
    breaking: tuple[str, ...]
    deciding: tuple[str, ...]
    requests: bool = False


_LOADING = (
    "SU103",
    "SU105",
    "SU106",
    "SU107",
    "SU108",
    "SU109",
    "SU110",
    "SU111",
    "SU112",
    "SU113",
    "SU115",
    "SU116",
    "SU117",
    "SU119",
    "SU120",
    "CA107",
    "CA108",
)
_ANSWERS = (
    "ER",
    "OU",
    "SU101",
    "SU102",
    "SU104",
    "SU114",
    "PA121",
    "CA101",
    "CA102",
    "CA105",
    "CA110",
)
LINES = (
    Line("Model Loading", "loaded once, at start-up", _LOADING, ("SU112",), True),
    Line("Error Handling", "clients get 400, 429 or an answer", _ANSWERS, ("ER101",), True),
    Line("Validation", "every body is checked and bounded", ("IV",), ("IV105", "IV116"), True),
    Line("Scaling", "bounded instances on hardware that exists", ("SC", "LI", "HW"), ("LI102",)),
    Line("Security", "no secret in code, no open door", ("KS", "IV116", "CA103"), ("KS101",)),
    Line("Dependencies", "everything is pinned", ("PI", "TA", "IM"), ("PI101", "PI103")),
    Line("Monitoring", "a health cord, logs, metrics", ("HE", "LO", "ME"), ("HE101",)),
)


def summary(
    repository: Repository,
    findings: Iterable[Finding],
    unknown: Iterable[Unknown],
    examined: Mapping[str, int],
) -> dict[str, str]:
    """Each line's state; done only when the checks that decide it had something to see."""
    broken = {f.id for f in findings if f.severity is not Severity.STYLE}
    unsure = {u.id for u in unknown}
    return {line.title: _state(line, repository, broken, unsure, examined) for line in LINES}


def _state(
    line: Line,
    repository: Repository,
    broken: set[str],
    unsure: set[str],
    examined: Mapping[str, int],
) -> str:
    if any(id.startswith(line.breaking) for id in broken):
        return "missing"
    seen = any(examined.get(id) for id in line.deciding)
    if line.requests:
        seen = seen and bool(repository.cords or any(c.kind.builder for c in repository.chutes))
    if not repository.chutes or not seen or unsure & set(line.deciding):
        return "unknown"
    return "done"
