"""Every chute a repository declares, whoever's class or factory makes it."""

import ast
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from scaffold.check import sdk
from scaffold.check.declared import Arguments, Chute, ChuteKind
from scaffold.check.module import FunctionNode, ancestors, home, own_nodes
from scaffold.check.sources import Sources
from scaffold.check.tree import Tree
from scaffold.check.values import Scope, calling, dotted, local_class, local_function, scope_of

MAX_CALL_DEPTH = 4
MAX_CHUTES = 200


class Chutes(Sources):
    """The files, and the chutes in them; `loaded` says by file and name what the SDK made."""

    def __init__(self, tree: Tree, loaded: Mapping[str, Any] | None = None) -> None:
        super().__init__(tree)
        self.loaded = loaded or {}

    @cached_property
    def chutes(self) -> list[Chute]:
        """Every chute, once for each way its factory is called."""
        found: list[Chute] = []
        names = {"Chute", *sdk.BUILDERS} | {
            node.name for module in self.modules for node in module.of(ast.ClassDef) if node.bases
        }
        for module in self.modules:
            for call, name in module.named_calls:
                if name.rpartition(".")[2] in names:
                    kind = self.chute_kind(call.func, scope_of(call, self))
                    if kind is not None and not _inside_own_class(call, kind):
                        found += self._made(call, kind)
        return found[:MAX_CHUTES]

    def chute_kind(self, node: ast.AST, scope: Scope) -> ChuteKind | None:
        """What kind of chute calling this makes, if one."""
        name = self.sdk_name(node, scope)
        if name == "Chute" or name in sdk.BUILDERS:
            return ChuteKind(name)
        classes: list[ast.ClassDef] = []
        found = local_class(node, scope)
        while found is not None and len(classes) < 10 and found not in classes:
            classes.append(found)
            inside = scope_of(found, self)
            for base in found.bases:
                if self.sdk_name(base, inside) == "Chute":
                    return ChuteKind("Chute", tuple(classes))
            parents = [local_class(base, inside) for base in found.bases]
            found = next((kind for kind in parents if kind is not None), None)
        return None

    def sdk_name(self, node: ast.AST, scope: Scope) -> str | None:
        """The SDK's name for what a name stands for; undefined names are taken for the SDK's."""
        written = dotted(node)
        if written is None:
            return None
        first, _, rest = written.partition(".")
        name = ast.Name(first, lineno=getattr(node, "lineno", 0))
        meaning = scope.meaning(name)
        full = f"{meaning}.{rest}" if meaning and rest else meaning or ""
        if full.startswith("chutes."):
            return full.rpartition(".")[2]
        return written if meaning is None and not rest else None

    def _made(self, call: ast.Call, kind: ChuteKind) -> Iterator[Chute]:
        for scope, site in self.ways(call):
            arguments = Arguments(call, scope, kind.parameters)
            variable = _target(site)
            loaded = self.loaded.get(home(site).path, {}).get(variable, {})
            yield Chute(kind, arguments, variable, site, self._inherited(kind, call, scope), loaded)

    def ways(self, call: ast.Call, depth: int = 0) -> Iterator[tuple[Scope, ast.Call]]:
        """The scopes in which a call is made, by who calls the functions around it."""
        scope = scope_of(call, self)
        function = scope.owner
        sites: list[ast.Call] = []
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) and depth < MAX_CALL_DEPTH:
            sites = self._callers(function)
        if not sites:
            yield scope, call
            return
        assert isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for site in sites:
            for outer, first in self.ways(site, depth + 1):
                yield calling(site, function, outer), first

    def _callers(self, function: FunctionNode) -> list[ast.Call]:
        found = []
        for module in self.modules:
            if function.name not in module.text:
                continue
            for call, name in module.named_calls:
                if (
                    name.rpartition(".")[2] == function.name
                    and local_function(call.func, scope_of(call, self)) is function
                ):
                    found.append(call)
        return found

    def _inherited(
        self, kind: ChuteKind, call: ast.Call, scope: Scope
    ) -> dict[str, tuple[ast.expr, Scope]]:
        """What the constructors of the repository's own classes hand to the SDK's."""
        found: dict[str, tuple[ast.expr, Scope]] = {}
        inside, at = call, scope
        for cls in kind.classes:
            init = next(
                (m for m in cls.body if isinstance(m, ast.FunctionDef) and m.name == "__init__"),
                None,
            )
            if init is None:
                continue
            bound = calling(inside, init, at)
            for node in own_nodes(init):
                if isinstance(node, ast.Call) and dotted(node.func) is None:
                    function = node.func
                    if isinstance(function, ast.Attribute) and function.attr == "__init__":
                        for keyword in node.keywords:
                            if keyword.arg:
                                found[keyword.arg] = (keyword.value, bound)
        return found


def _target(call: ast.Call) -> str:
    """The module-level variable a call is assigned to."""
    for around in ancestors(call):
        if isinstance(around, ast.Assign | ast.AnnAssign):
            targets = around.targets if isinstance(around, ast.Assign) else [around.target]
            first = targets[0]
            return first.id if isinstance(first, ast.Name) and around.value is call else ""
        if isinstance(around, ast.stmt):
            return ""
    return ""


def _inside_own_class(call: ast.Call, kind: ChuteKind) -> bool:
    return any(around in kind.classes for around in ancestors(call))
