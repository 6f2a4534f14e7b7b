"""The seven lines of the platform's production checklist, as done, missing or unknown."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from scaffold.check.model import Finding, Severity, Unknown
from scaffold.check.repository import Repository


class Line(NamedTuple):
    """One line: what it promises, the families that can break it, the checks that decide it."""

    title: str
    promise: str
    families: tuple[str, ...]
    deciding: tuple[str, ...]


LINES = (
    Line("Model Loading", "loaded once, at start-up", ("SU", "CA"), ("SU112",)),
    Line("Error Handling", "clients get 400, 429 or an answer", ("ER", "OU"), ("ER101",)),
    Line("Validation", "every body is checked and bounded", ("IV",), ("IV105", "IV116")),
    Line("Scaling", "bounded instances on hardware that exists", ("SC", "LI", "HW"), ("LI102",)),
    Line("Security", "no secret in code, no open door", ("KS",), ("KS101",)),
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
    broken = {f.id[:2] for f in findings if f.severity is not Severity.STYLE}
    unsure = {u.id for u in unknown}
    return {line.title: _state(line, repository, broken, unsure, examined) for line in LINES}


def _state(
    line: Line,
    repository: Repository,
    broken: set[str],
    unsure: set[str],
    examined: Mapping[str, int],
) -> str:
    if broken & set(line.families):
        return "missing"
    seen = any(examined.get(id) for id in line.deciding)
    if not repository.chutes or not seen or unsure & set(line.deciding):
        return "unknown"
    return "done"
