"""The values that checks, the engine and the outputs hand to each other."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from inspect import signature
from typing import Any

# The chutes release the facts of the catalog were tried on.
SDK_VERSION = "0.6.9"


class Severity(StrEnum):
    """What happens, worst first. `ADVICE` is a warning: it is shown and fails nothing."""

    EXPOSED = "exposed"
    REFUSED = "refused"
    BREAKS = "breaks"
    COSTS = "costs"
    WEAKENS = "weakens"
    STYLE = "style"
    ADVICE = "advice"


@dataclass(frozen=True)
class Edit:
    """Replaces the bytes `start` to `end` of a file by `text`."""

    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Place:
    """What a check found, and where.

    `accepted` says who decided so, which makes it a warning; `fix` is the remedy here when it is
    another one than the check's.
    """

    file: str
    line: int
    message: str
    edits: tuple[Edit, ...] = ()
    accepted: str = ""
    fix: str = ""


@dataclass(frozen=True)
class Unsure:
    """What a check could not decide, and why."""

    file: str
    line: int
    why: str


Answer = Place | Unsure


@dataclass(frozen=True)
class Check:
    """One rule: its texts, and the function that looks.

    `look` is called once for every chute, image, cord ... that `each` names, and gets the
    repository too where its first parameter has that name; with `each` "repository" it gets that.
    """

    id: str
    family: str
    title: str
    severity: Severity
    why: str
    fix: str
    before: str
    after: str
    each: str
    look: Callable[..., Iterable[Answer]]

    def at(self, repository: Any, subject: Any) -> Iterable[Answer]:
        """What it says of one subject; `subject` is the repository where it looks at all of it."""
        return self.look(repository, subject) if self._takes_both else self.look(subject)

    @cached_property
    def _takes_both(self) -> bool:
        return self.each != "repository" and "repository" in signature(self.look).parameters

    @property
    def url(self) -> str:
        """The page about it, relative to the repository of chute-new."""
        return f"docs/checks/{self.id}.md"


@dataclass(frozen=True)
class Finding:
    """One violation of one rule at one place."""

    id: str
    severity: Severity
    message: str
    file: str
    line: int
    fix: str
    url: str
    edits: tuple[Edit, ...] = field(default=(), repr=False, compare=False)
    fingerprint: str = field(default="", repr=False, compare=False)

    def as_json(self) -> dict[str, Any]:
        """The members the contract names, and what tells it from others from run to run."""
        names = ("id", "severity", "message", "file", "line", "fix", "url", "fingerprint")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True)
class Unknown:
    """One rule that could not be decided at one place."""

    id: str
    file: str
    line: int
    why: str


@dataclass(frozen=True)
class Report:
    """What one run came to; `warnings` are findings that fail nothing."""

    findings: tuple[Finding, ...]
    warnings: tuple[Finding, ...]
    unknown: tuple[Unknown, ...]
    checked: int
    summary: dict[str, str]
    files: int
    waived: int = 0
    baselined: int = 0
    examined: dict[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The document `check --format json` prints."""
        return {
            "findings": [finding.as_json() for finding in self.findings],
            "warnings": [warning.as_json() for warning in self.warnings],
            "unknown": [vars(unknown) for unknown in self.unknown],
            "notes": list(self.notes),
            "checked": self.checked,
            "summary": self.summary,
            "files": self.files,
            "waived": self.waived,
            "baselined": self.baselined,
        }
