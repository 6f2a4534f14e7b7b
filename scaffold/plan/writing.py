"""The chosen settings put into an answers file, or into a generated repository.

Text is changed in place, value by value, so that comments and the order of a file stay. Nothing is
written unless every changed setting was found.
"""

import ast
import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scaffold import files
from scaffold.answers.writing import changed
from scaffold.errors import BadUsage, reason
from scaffold.generated.module import Module


@dataclass(frozen=True)
class Change:
    """One file before and after."""

    path: Path
    before: str
    after: str

    def difference(self) -> str:
        """A unified diff."""
        name = self.path.name
        lines = difflib.unified_diff(
            self.before.splitlines(), self.after.splitlines(), f"a/{name}", f"b/{name}", lineterm=""
        )
        return "\n".join(lines)


def answers_change(path: Path, settings: Mapping[str, Any]) -> Change:
    """The answers file with these settings; keys it does not have are added at its end."""
    before = _read(path)
    if before.lstrip().startswith("{"):
        raise BadUsage(f"{path} is JSON: --write changes answers files in YAML")
    return Change(path, before, changed(before, settings, str(path)))


def chute_change(path: Path, settings: Mapping[str, Any]) -> Change:
    """A chute's module with these settings, wherever it states them as literals."""
    chute = Module.of(path)
    literals = chute.settings()
    edits = []
    for key, value in settings.items():
        node = literals.get(key)
        if node is None:
            raise BadUsage(f"{path} does not state {key} as a plain value: change it by hand")
        if ast.literal_eval(node) != value:
            edits.append((node, repr(value)))
    return Change(path, chute.text, chute.edited(edits))


def write(changes: list[Change], repository: Path | None) -> None:
    """Write all files or, after a failure, none; those of a repository stay inside of it."""
    files.replace({change.path: change.after.encode() for change in changes}, within=repository)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadUsage(f"cannot read {path}: {reason(error)}") from error
