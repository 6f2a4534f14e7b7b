"""Which code runs for a request: the cords, and what they call of the repository."""

import ast
from collections.abc import Iterator

from scaffold.check.module import (
    FunctionNode,
    Module,
    ancestors,
    home,
    own_nodes,
    owner,
    parameters,
    parent,
)
from scaffold.check.values import Modules, Scope, local_class, local_function, origin, scope_of

MAX_FUNCTIONS = 500


def reached(start: FunctionNode, modules: Modules) -> list[FunctionNode]:
    """A function and those it calls, directly and through others, in the order they are met."""
    queue, seen = [start], {start: None}
    while queue and len(seen) < MAX_FUNCTIONS:
        function = queue.pop(0)
        for called in called_by(function, modules):
            if called not in seen:
                seen[called] = None
                queue.append(called)
    return list(seen)


def called_by(function: FunctionNode, modules: Modules) -> Iterator[FunctionNode]:
    """The repository's functions that a body calls, or hands to something that will call them."""
    for node in own_nodes(function):
        if isinstance(node, ast.Call):
            scope = scope_of(node, modules)
            for named in (node.func, *node.args, *(keyword.value for keyword in node.keywords)):
                if isinstance(named, ast.Name | ast.Attribute):
                    found = callee(named, scope)
                    if found is not None:
                        yield found
            made = local_class(node.func, scope)
            if made is not None:
                yield from _methods(made, ("__init__", "__call__"), scope)


def callee(node: ast.expr, scope: Scope) -> FunctionNode | None:
    """The function or method of the repository that an expression names."""
    found = local_function(node, scope)
    if found is not None or not isinstance(node, ast.Attribute):
        return found
    kind = local_class(node.value, scope) or _kind(node.value, scope)
    return next(iter(_methods(kind, (node.attr,), scope)), None) if kind is not None else None


def _kind(node: ast.expr, scope: Scope) -> ast.ClassDef | None:
    """The repository's class that an object is made from."""
    method = scope.owner
    around = parent(method)
    if isinstance(node, ast.Name) and isinstance(around, ast.ClassDef):
        own = parameters(method) if isinstance(method, FunctionNode) else []
        if own and own[0].arg == node.id:
            return around
    made: ast.expr | None = node
    if isinstance(node, ast.Attribute):
        made = _kept(node.attr, scope.module)
    elif isinstance(node, ast.Name):
        made = origin(node, scope)[0]
    if not isinstance(made, ast.Call) or "home" not in made.__dict__:
        return None
    return local_class(made.func, scope_of(made, scope.modules))


def _kept(name: str, module: Module) -> ast.expr | None:
    """What `self.name` is assigned, when one assignment in the file does it."""
    found = [
        node.value
        for node in module.of(ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Attribute) and target.attr == name
    ]
    return found[0] if len(found) == 1 else None


def _methods(
    kind: ast.ClassDef, names: tuple[str, ...], scope: Scope, depth: int = 0
) -> Iterator[FunctionNode]:
    for member in kind.body:
        if isinstance(member, ast.FunctionDef | ast.AsyncFunctionDef) and member.name in names:
            yield member
    inside = scope_of(kind, scope.modules)
    for base in kind.bases if depth < 8 else ():
        above = local_class(base, inside)
        if above is not None and above not in ancestors(kind) and above is not kind:
            yield from _methods(above, names, Scope(home(above), scope.modules, above), depth + 1)


def at_import(module: Module) -> set[FunctionNode]:
    """The functions of a file that are only called while it is imported, or run as a program."""
    plain = {
        function.name: function
        for function in module.functions
        if owner(function) is module.tree and not function.decorator_list
    }
    # Of each its uses that may answer a request yet, and the calls that stand in each.
    left: dict[str, set[ast.Name]] = {}
    inside: dict[ast.AST, list[ast.Name]] = {}
    for node in module.of(ast.Name):
        if node.id in plain and isinstance(node.ctx, ast.Load):
            around = [one for one in ancestors(node) if isinstance(one, FunctionNode | ast.Lambda)]
            called = _called(node)
            left.setdefault(node.id, set()).update([] if called and not around else [node])
            for one in around if called else ():
                inside.setdefault(one, []).append(node)
    found: set[FunctionNode] = set()
    queue = [name for name, uses in left.items() if not uses]
    while queue:
        early = plain[queue.pop()]
        found.add(early)
        for node in inside.get(early, ()):
            left[node.id].remove(node)
            if not left[node.id]:
                queue.append(node.id)
    return found


def _called(node: ast.Name) -> bool:
    call = parent(node)
    return isinstance(call, ast.Call) and call.func is node
