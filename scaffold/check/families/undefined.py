"""SD: names that nothing gives a meaning."""

import ast
import builtins
from collections import Counter, defaultdict
from collections.abc import Iterator

from scaffold.check.catalog import check
from scaffold.check.declared import at
from scaffold.check.model import Answer, Severity
from scaffold.check.module import Module, ancestors, name_space, owner

# Where names come from that snippets use and forget to import.
_ORIGINS = {
    "Chute": "chutes.chute",
    "NodeSelector": "chutes.chute",
    "Image": "chutes.image",
    "HTTPException": "fastapi",
    "Response": "fastapi",
    "BaseModel": "pydantic",
    "Field": "pydantic",
    "logger": "loguru",
    "asyncio": "",
    "os": "",
    "time": "",
    "json": "",
    "base64": "",
    "torch": "",
    "signal": "",
    "subprocess": "",
    "StreamingResponse": "fastapi.responses",
    "Optional": "typing",
    "List": "typing",
    "Dict": "typing",
    "Any": "typing",
    "build_vllm_chute": "chutes.chute.template.vllm",
    "build_sglang_chute": "chutes.chute.template.sglang",
    "build_embedding_chute": "chutes.chute.template.embedding",
    "build_diffusion_chute": "chutes.chute.template.diffusion",
}
# What can give names a meaning that cannot be seen.
_FILLING = {"globals", "exec", "locals"}


@check(
    "SD106",
    "A name is used and never defined",
    Severity.BREAKS,
    each="chute module",
    why="""The module, or the function that uses it, ends in NameError. Snippets are often
    copied without their imports.""",
    fix="Import it, or define it.",
    before="raise HTTPException(status_code=400)",
    after="from fastapi import HTTPException",
)
def undefined(module: Module) -> Iterator[Answer]:
    """Names that neither the file, by Python's scopes, nor Python itself gives a meaning."""
    if module.star_imports or any(name in _FILLING for _, name in module.named_calls):
        return
    later = "__future__.annotations" in module.imported_modules
    reported: set[str] = set()
    for node in sorted(module.of(ast.Name), key=lambda n: n.lineno):
        name = node.id
        if (
            isinstance(node.ctx, ast.Load)
            and name not in reported
            and not name.startswith("__")
            and not hasattr(builtins, name)
            and module.meaning(name, name_space(node)) is None
            and not _never_evaluated(node, later)
            and not _expected(node)
        ):
            reported.add(name)
            origin = _ORIGINS.get(name)
            how = f"from {origin} import {name}" if origin else f"import {name}"
            yield at(node, f"{name} is not defined" + (f": {how}" if name in _ORIGINS else ""))
    yield from _outside_of_its_handler(module)


def _outside_of_its_handler(module: Module) -> Iterator[Answer]:
    """Names that only `except ... as name` gives a meaning, which ends with the handler."""
    caught: dict[ast.AST, Counter[str]] = defaultdict(Counter)
    for handler in module.of(ast.ExceptHandler):
        if handler.name:
            caught[owner(handler)][handler.name] += 1
    if not caught:
        return
    else_bound = _else_bound(module)
    for node in module.of(ast.Name):
        space = name_space(node)
        if not isinstance(node.ctx, ast.Load) or node.id not in caught.get(space, ()):
            continue
        inside = any(
            isinstance(around, ast.ExceptHandler) and around.name == node.id
            for around in ancestors(node)
        )
        only = len(module.assigned[space][node.id]) == caught[space][node.id]
        imported = bool(module.imports.get(space, {}).get(node.id))
        if inside or not only or imported:
            continue
        if not else_bound & {(space, node.id), (None, node.id)}:
            yield at(node, f"{node.id} is only defined in its `except ... as {node.id}`")


def _else_bound(module: Module) -> set[tuple[ast.AST | None, str]]:
    """The names that are arguments, with their space, and those that are globals somewhere."""
    arguments = {(owner(arg), arg.arg) for arg in module.of(ast.arg)}
    return {*arguments, *((None, name) for one in module.of(ast.Global) for name in one.names)}


def _never_evaluated(node: ast.AST, later: bool) -> bool:
    """Is it in an annotation that Python keeps as it is?

    `from __future__ import annotations` keeps all of them, and those of a function's own variables
    are never looked at. The value of an annotated assignment always is.
    """
    inner = node
    for around in ancestors(node):
        if isinstance(around, ast.arg) or (
            isinstance(around, ast.FunctionDef | ast.AsyncFunctionDef) and around.returns is inner
        ):
            return later
        if isinstance(around, ast.AnnAssign):
            of_function = isinstance(owner(around), ast.FunctionDef | ast.AsyncFunctionDef)
            return around.annotation is inner and (later or of_function)
        inner = around
    return False


def _expected(node: ast.AST) -> bool:
    """Is something ready for the name to be missing, or does only a type checker read it?"""
    for around in ancestors(node):
        if isinstance(around, ast.Try) and any(
            handler.type is None or "NameError" in ast.unparse(handler.type)
            for handler in around.handlers
        ):
            return True
        if isinstance(around, ast.If) and "TYPE_CHECKING" in ast.unparse(around.test):
            return True
    return False
