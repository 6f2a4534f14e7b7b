"""Renamed answers, moved and dropped files, as the template declares them in `migrations.yml`."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import yaml

from scaffold.versions import Version, parse

ANYWHERE = "move what you changed to where it belongs now, then delete the file"


@dataclass(frozen=True)
class Migration:
    """What one version renamed: answers and their values by key, files by relative path.

    A file that answers put in one of several places has all of them. `dropped` says by pattern
    what to do with a file that has no new place and is kept because the owner changed it.
    """

    version: Version
    answers: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[Any, Any]] = field(default_factory=dict)
    files: Mapping[str, str | Sequence[str]] = field(default_factory=dict)
    dropped: Mapping[str, str] = field(default_factory=dict)


def declared(template: Path) -> list[Migration]:
    """All of a template's migrations, oldest first; none where it declares none."""
    path = template / "migrations.yml"
    entries = yaml.safe_load(path.read_bytes()) if path.is_file() else []
    found = []
    for entry in entries:
        if not (version := parse(str(entry.pop("version")))):
            raise ValueError(f"{path}: a migration without a version")
        found.append(Migration(version, **entry))
    return sorted(found, key=lambda migration: migration.version)


def between(template: Path, old: Version, new: Version) -> list[Migration]:
    """Those a repository of version `old` has to go through to get to `new`."""
    return [m for m in declared(template) if old < m.version <= new]


def answers(steps: Sequence[Migration], stored: Mapping[str, Any]) -> dict[str, Any]:
    """Stored answers under their names and values of today."""
    result = dict(stored)
    for step in steps:
        for key, renamed in step.values.items():
            if key in result and _hashable(result[key]) in renamed:
                result[key] = renamed[result[key]]
        for old, new in step.answers.items():
            if old in result:
                result.setdefault(new, result[old])
                del result[old]
    return result


def files(steps: Sequence[Migration], present: Container[str]) -> dict[str, str]:
    """Where each file that moved is now, `present` being the paths that there are."""
    moved: dict[str, tuple[str, ...]] = {}
    for step in steps:
        targets = {old: _each(new) for old, new in step.files.items()}
        moved = {
            old: tuple(last for path in paths for last in targets.get(path, (path,)))
            for old, paths in moved.items()
        }
        reached = {path for paths in moved.values() for path in paths}
        moved |= {old: new for old, new in targets.items() if old not in reached}
    found = {old: [path for path in paths if path in present] for old, paths in moved.items()}
    return {old: paths[0] for old, paths in found.items() if paths}


def remedy(steps: Sequence[Migration], path: str) -> str:
    """What to do with a file that is kept although the template dropped it."""
    patterns = [entry for step in reversed(steps) for entry in step.dropped.items()]
    return next((text for pattern, text in patterns if fnmatch(path, pattern)), ANYWHERE)


def modules(moved: Mapping[str, str]) -> dict[str, str]:
    """The moved files as names of Python modules."""
    names = {_module(old): _module(new) for old, new in moved.items() if old.endswith(".py")}
    return {old: new for old, new in names.items() if old != new}


def _module(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _each(paths: str | Sequence[str]) -> tuple[str, ...]:
    return (paths,) if isinstance(paths, str) else tuple(paths)


def _hashable(value: Any) -> Any:
    return value if isinstance(value, str | int | float | bool | None) else None
