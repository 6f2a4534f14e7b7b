"""Names of a prototype that a generated chute.py uses itself: they get others."""

import ast
import re
from collections.abc import Iterator

from scaffold.adopt import imports
from scaffold.adopt.ledger import At, Ledger
from scaffold.adopt.pieces import Pieces, bound
from scaffold.adopt.source import Source
from scaffold.check.model import Edit
from scaffold.check.module import Module, name_space

#: What the template's chute.py of workload custom defines and imports; a test holds it to that.
RESERVED = frozenset(
    {
        "BASE_IMAGE",
        "Base64",
        "CONCURRENCY",
        "Cache",
        "EventCord",
        "FILES",
        "FOLDERS",
        "Folders",
        "IMAGE_TAG",
        "Image",
        "Job",
        "MODELS",
        "Model",
        "NAME",
        "NodeSelector",
        "OnStep",
        "REQUEST_SECONDS",
        "Refusal",
        "RequestModel",
        "Response",
        "ServedChute",
        "TAGLINE",
        "TURNS",
        "USERNAME",
        "WEIGHTS",
        "Workshop",
        "_chunk",
        "_content",
        "facts",
        "fields",
        "image",
        "exposition",
        "make_chute",
        "most_bytes",
        "never_cached",
        "prod",
        "staging",
        "without_gpu",
    }
)
# What is the same whoever imports it.
_SAME = {
    "Image": {"chutes.image"},
    "NodeSelector": {"chutes.chute", "chutes.chute.node_selector"},
    "Response": {"fastapi", "fastapi.responses", "starlette.responses"},
}


def renamed(source: Source, pieces: Pieces, ledger: Ledger) -> dict[str, str]:
    """Edit the names that would meet; the new ones by the old ones."""
    found: dict[str, str] = {}
    for node in [*pieces.early, *pieces.late]:
        for name in sorted(bound(node) & RESERVED):
            found[name] = _own(name)
            _tell(node, name, ledger)
            _definition(source, node, name)
    for statement in [*pieces.light, *pieces.heavy]:
        for alias, each in zip(statement.names, imports.of(statement), strict=True):
            if each.bound in RESERVED and each.module not in _SAME.get(each.bound, ()):
                found[each.bound] = _own(each.bound)
                _tell(statement, each.bound, ledger)
                source.replace(alias, f"{alias.name} as {_own(each.bound)}")
    for use in _uses(source.module, found):
        source.replace(use, found[use.id])
    return found


def _own(name: str) -> str:
    if name.isupper():
        return f"OWN_{name}"
    return f"Own{name}" if name[0].isupper() else f"own_{name.strip('_')}"


def _tell(node: ast.stmt, name: str, ledger: Ledger) -> None:
    ledger.changed(
        At.of(node), f"the name {name}", "chute.py uses that name itself", "SD106", _own(name)
    )


def _definition(source: Source, node: ast.stmt, name: str) -> None:
    """The name behind `class` or `def`, which is no node of its own."""
    for each in ast.walk(node):
        if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and (
            each.name == name and each.__dict__["parent"] in (node, source.module.tree)
        ):
            start, _ = source.module.span(each)
            text = source.module.source(each)
            match = re.match(rf"((?:async\s+)?(?:def|class)\s+){name}\b", text)
            if match:
                at = start + len(match[1].encode())
                source.edit(Edit(at, at + len(name.encode()), _own(name)))


def _uses(module: Module, names: dict[str, str]) -> Iterator[ast.Name]:
    """Where names of the margin are used, also in functions that have none of their own."""
    for node in module.of(ast.Name):
        if node.id in names and not _is_local(module, node):
            yield node


def _is_local(module: Module, node: ast.Name) -> bool:
    space: ast.AST = name_space(node)
    while space is not module.tree:
        inside = module.imports.get(space, {}) if space in module.imports else {}
        if not isinstance(space, ast.ClassDef) and (
            node.id in module.defined.get(space, ()) or node.id in inside
        ):
            return True
        space = name_space(space)
    return False
