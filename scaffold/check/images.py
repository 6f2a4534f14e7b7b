"""The hardware chutes ask for, and the images they run in."""

import ast
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from scaffold.check import sdk
from scaffold.check.chutes import Chutes
from scaffold.check.declared import Arguments, Chute, Directive, Image, Selector, directive
from scaffold.check.module import Module
from scaffold.check.tree import Tree
from scaffold.check.values import Scope, full_name, origin, scope_of


class Images(Chutes):
    """The chutes, and every NodeSelector and Image they are given."""

    def __init__(self, tree: Tree, loaded: Mapping[str, Any] | None = None) -> None:
        super().__init__(tree, loaded)
        self._image_of: dict[Chute, Image | None] = {}

    def selector(self, chute: Chute) -> Selector | None:
        """The chute's NodeSelector, when the call that makes it can be seen."""
        if "node_selector" not in chute.arguments and "node_selector" not in chute.inherited:
            return None
        entry = chute.arguments.nodes.get("node_selector") or chute.inherited["node_selector"]
        node, scope = origin(*entry)
        if isinstance(node, ast.Call) and self.sdk_name(node.func, scope) == "NodeSelector":
            return Selector(Arguments(node, scope))
        return None

    @cached_property
    def selectors(self) -> list[Selector]:
        """Every NodeSelector, once."""
        found: dict[int, Selector] = {}
        for chute in self.chutes:
            selector = self.selector(chute)
            if selector is not None:
                found[id(selector.node)] = selector
        for module in self.modules:
            for call, name in module.named_calls:
                if name.rpartition(".")[2] == "NodeSelector":
                    scope = scope_of(call, self)
                    if self.sdk_name(call.func, scope) == "NodeSelector":
                        found.setdefault(id(call), Selector(Arguments(call, scope)))
        return list(found.values())

    @cached_property
    def images(self) -> list[Image]:
        """Every Image with its directives."""
        found: dict[int, Image] = {}
        for module in self.modules:
            if "Image" not in module.text:
                continue
            calls = [call for call, _ in module.named_calls if self._is_image(call)]
            chains = self._chains(module) if calls else {}
            for call in calls:
                scope = next((scope for scope, _ in self.ways(call)), scope_of(call, self))
                arguments = Arguments(call, scope, sdk.IMAGE)
                found[id(call)] = Image(arguments, tuple(chains.get(id(call), ())))
        return list(found.values())

    @cached_property
    def _image_made_by(self) -> dict[int, Image]:
        return {id(image.node): image for image in self.images}

    def image(self, chute: Chute) -> Image | None:
        """The chute's image, when it is built in this repository."""
        if chute not in self._image_of:
            self._image_of[chute] = self._built(chute)
        return self._image_of[chute]

    def _built(self, chute: Chute) -> Image | None:
        entry = chute.arguments.nodes.get("image") or chute.inherited.get("image")
        if entry is None:
            return None
        root = self._root(*entry)
        return self._image_made_by.get(id(root))

    def _is_image(self, call: ast.Call) -> bool:
        scope = scope_of(call, self)
        if self.sdk_name(call.func, scope) != "Image":
            return False
        imported = (full_name(call.func, scope.module) or "").startswith("chutes.")
        return imported or any(k.arg in ("username", "tag") for k in call.keywords)

    def _root(self, node: ast.expr, scope: Scope, depth: int = 0) -> ast.Call | None:
        """The Image(...) at the bottom of a chain of method calls."""
        while depth < 500:
            depth += 1
            if isinstance(node, ast.Call):
                if self._is_image(node):
                    return node
                if not isinstance(node.func, ast.Attribute):
                    followed = origin(node, scope)
                    if followed[0] is node:
                        return None
                    node, scope = followed
                    continue
                node = node.func.value
            elif isinstance(node, ast.Name):
                for value, inside in _candidates(node, scope):
                    if value is not node and node.id not in _receivers(value):
                        root = self._root(value, inside, depth + 10)
                        if root is not None:
                            return root
                followed = origin(node, scope)
                if followed[0] is node:
                    return None
                node, scope = followed
            else:
                followed = origin(node, scope)
                if followed[0] is node:
                    return None
                node, scope = followed
        return None

    def _chains(self, module: Module) -> dict[int, list[Directive]]:
        found: dict[int, list[Directive]] = {}
        calls = [c for c in module.of(ast.Call) if isinstance(c.func, ast.Attribute)]
        calls.sort(key=lambda c: (c.end_lineno or 0, c.end_col_offset or 0))
        for call in calls:
            function = call.func
            assert isinstance(function, ast.Attribute)
            scope = scope_of(call, self)
            root = self._root(function.value, scope)
            if root is not None:
                found.setdefault(id(root), []).append(directive(call, function.attr, scope))
        return found


def _candidates(node: ast.Name, scope: Scope) -> list[tuple[ast.expr, Scope]]:
    at: Scope | None = scope
    while at is not None:
        if node.id in at.bound:
            return [at.bound[node.id]]
        assigned = at.module.assigned.get(at.owner, {}).get(node.id, [])
        if assigned:
            return [(value, at) for value in assigned if value is not None]
        at = at.outer
    return []


def _receivers(node: ast.expr) -> set[str]:
    """The name at the bottom of a chain of method calls."""
    while isinstance(node, ast.Call | ast.Attribute):
        node = node.func if isinstance(node, ast.Call) else node.value
    return {node.id} if isinstance(node, ast.Name) else set()
