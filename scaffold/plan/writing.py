"""The chosen settings put into an answers file, or into a generated repository.

Text is changed in place, value by value, so that comments and the order of a file stay. Nothing is
written unless every changed setting was found.
"""

import ast
import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from scaffold import files
from scaffold.errors import BadUsage, reason

ANSWERS_FILE = ".copier-answers.yml"


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
    after = before
    for key, value in settings.items():
        line = f"{key}: {_yaml(value)}"
        pattern = re.compile(rf"^{key}:[^\n#]*?(?P<note>[ \t]+#[^\n]*)?$", re.MULTILINE)
        if pattern.search(after):
            after = pattern.sub(lambda found, line=line: line + (found["note"] or ""), after)  # type: ignore[misc]
        else:
            after = after.rstrip("\n") + f"\n{line}\n"
    found = yaml.safe_load(after)
    if not isinstance(found, dict) or any(found.get(k) != v for k, v in settings.items()):
        raise BadUsage(f"{path} could not be changed: write plain `key: value` lines")
    return Change(path, before, after)


def chute_change(path: Path, settings: Mapping[str, Any]) -> Change:
    """A chute's module with these settings, wherever it states them as literals.

    A generated module names `prod` in a call `make_chute(name, max_instances, shutdown)`; others
    pass keywords to the constructor. `staging` keeps its own scale.
    """
    before = _read(path)
    try:
        tree = ast.parse(before)
    except SyntaxError as error:
        raise BadUsage(f"{path} is not Python: line {error.lineno}") from error
    literals = _literals(tree)
    edits = []
    for key, value in settings.items():
        node = literals.get(key)
        if node is None:
            raise BadUsage(f"{path} does not state {key} as a plain value: change it by hand")
        if ast.literal_eval(node) != value:
            edits.append((node, repr(value)))
    return Change(path, before, _edited(before, edits))


def write(changes: list[Change]) -> None:
    """Write all files or, after a failure, none."""
    files.replace({change.path: change.after.encode() for change in changes})


def _literals(tree: ast.Module) -> dict[str, ast.expr]:
    """Where each setting stands: keywords of calls, through constants, parameters of a maker."""
    constants = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    found: dict[str, ast.expr] = {}
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        if not _is_chute(call):
            continue
        for keyword in call.keywords:
            value = keyword.value
            if isinstance(value, ast.Name):
                value = constants.get(value.id, value)
            if keyword.arg and _is_plain(value):
                found[keyword.arg] = value
    found |= _of_prod(tree, constants.get("prod"))
    return found


def _of_prod(tree: ast.Module, prod: ast.expr | None) -> dict[str, ast.expr]:
    """The arguments of the call that makes `prod`, by the maker's parameter names."""
    if not isinstance(prod, ast.Call) or not isinstance(prod.func, ast.Name):
        return {}
    makers = [n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == prod.func.id]
    if not makers:
        return {}
    names = [argument.arg for argument in makers[0].args.args]
    given = dict(zip(names, prod.args, strict=False))
    given |= {keyword.arg: keyword.value for keyword in prod.keywords if keyword.arg}
    return {name: value for name, value in given.items() if _is_plain(value)}


def _is_chute(call: ast.Call) -> bool:
    name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
    return name.lower().endswith("chute")


def _is_plain(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, int | float | bool)


def _edited(text: str, edits: list[tuple[ast.expr, str]]) -> str:
    lines = text.splitlines(keepends=True)
    for node, new in sorted(edits, key=lambda edit: (edit[0].lineno, edit[0].col_offset))[::-1]:
        line = lines[node.lineno - 1].encode()
        changed = line[: node.col_offset] + new.encode() + line[node.end_col_offset :]
        lines[node.lineno - 1] = changed.decode()
    return "".join(lines)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadUsage(f"cannot read {path}: {reason(error)}") from error


def _yaml(value: Any) -> str:
    return yaml.safe_dump(value).removesuffix("...\n").strip()
