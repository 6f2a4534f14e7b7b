"""Findings the owner decided to live with: inline comments and `[[tool.chute-new.check.waivers]]`.

A waiver names ids, gives a reason and may expire; one without a reason, one that has expired and
one that names no check are findings themselves.
"""

import ast
import datetime
import fnmatch
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field

from scaffold.check.catalog import checks
from scaffold.check.model import Finding, Place
from scaffold.check.tree import Tree, rows

_COMMENT = re.compile(
    r"#\s*chute-new:\s*ignore\[([^\]]*)\](?:\s+until\s+(\d{4}-\d{2}-\d{2}))?[:\s-]*(.*)$"
)
_SUFFIXES = (".py", ".yml", ".yaml", ".toml", ".sh", ".txt", ".in", ".mk", "akefile")


@dataclass(frozen=True)
class Waiver:
    """Ids (or beginnings), a file pattern, and lines when it stands beside the code."""

    ids: tuple[str, ...]
    path: str
    lines: frozenset[int] = frozenset()

    def covers(self, finding: Finding) -> bool:
        """Is this finding waived?"""
        if self.lines and finding.line not in self.lines:
            return False
        return finding.id.startswith(self.ids) and fnmatch.fnmatch(finding.file, self.path)


@dataclass
class Waivers:
    """All waivers of a tree, and what is wrong with them."""

    valid: list[Waiver] = field(default_factory=list)
    problems: list[Place] = field(default_factory=list)

    @classmethod
    def of(cls, tree: Tree, today: datetime.date | None = None) -> "Waivers":
        """Read them; `today` decides which have expired."""
        found = cls()
        today = today or datetime.date.today()
        for place, waiver, reason, until in [*_inline(tree), *_listed(tree)]:
            problem = _problem(waiver, reason, until, today)
            if problem:
                found.problems.append(Place(*place, problem))
            else:
                found.valid.append(waiver)
        return found

    def cover(self, finding: Finding) -> bool:
        """Is this finding waived? Findings about waivers never are."""
        return finding.id != "EN104" and any(waiver.covers(finding) for waiver in self.valid)


Entry = tuple[tuple[str, int], Waiver, str, str]


def _problem(waiver: Waiver, reason: str, until: str, today: datetime.date) -> str:
    if not reason.strip():
        return "the waiver gives no reason"
    known = [id for id in waiver.ids if any(name.startswith(id) for name in checks())]
    if not waiver.ids or "" in waiver.ids or len(known) != len(waiver.ids):
        return f"the waiver names no check: {', '.join(waiver.ids) or 'nothing'}"
    if until:
        try:
            end = datetime.date.fromisoformat(until)
        except ValueError:
            return f"the waiver ends on no date: {until}"
        if end < today:
            return f"the waiver ended on {until}"
    return ""


def _inline(tree: Tree) -> Iterator[Entry]:
    for name, text in tree.ending(*_SUFFIXES):
        if "chute-new: ignore" not in text.replace("chute-new:ignore", "chute-new: ignore"):
            continue
        lines = rows(text)
        for number, line in enumerate(lines, start=1):
            match = _COMMENT.search(line)
            if match is None:
                continue
            ids = tuple(id.strip() for id in match[1].split(","))
            covered = _covered(tree, name, lines, number)
            yield (name, number), Waiver(ids, name, covered), match[3], match[2] or ""


def _covered(tree: Tree, name: str, lines: list[str], number: int) -> frozenset[int]:
    """The lines a comment speaks of: its own, or the next with code, and that whole statement.

    So a waiver still holds when a formatter spreads a call over several lines.
    """
    meant = number
    while meant <= len(lines) and lines[meant - 1].lstrip().startswith("#"):
        meant += 1
    found = {number, meant}
    module = tree.module(name) if name.endswith(".py") else None
    best: range | None = None
    for part in ast.walk(module.tree) if module is not None else ():
        if isinstance(part, ast.stmt):
            extent = _extent(part)
            if meant in extent and (best is None or len(extent) < len(best)):
                best = extent
    return frozenset(found | set(best or ()))


def _extent(statement: ast.stmt) -> range:
    """The lines of a statement; of one with a body those before it, decorators included."""
    body = getattr(statement, "body", None)
    decorators = getattr(statement, "decorator_list", [])
    start = min([statement.lineno, *(decorator.lineno for decorator in decorators)])
    if isinstance(body, list) and body:
        first = body[0]
        inner = min([first.lineno, *(d.lineno for d in getattr(first, "decorator_list", []))])
        return range(start, max(inner, statement.lineno + 1))
    return range(start, (statement.end_lineno or statement.lineno) + 1)


def _listed(tree: Tree) -> Iterator[Entry]:
    text = tree.text("pyproject.toml")
    if text is None:
        return
    try:
        entries = tomllib.loads(text)["tool"]["chute-new"]["check"]["waivers"]
    except (tomllib.TOMLDecodeError, KeyError, TypeError, RecursionError):
        return
    for entry in entries if isinstance(entries, list) else []:
        if not isinstance(entry, dict):
            continue
        id = str(entry.get("id", ""))
        line = next(
            (n for n, row in enumerate(text.splitlines(), start=1) if id and f'"{id}"' in row), 1
        )
        waiver = Waiver((id,), str(entry.get("path", "*")))
        until = str(entry.get("until", ""))
        yield ("pyproject.toml", line), waiver, str(entry.get("reason", "")), until
