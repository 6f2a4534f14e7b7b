"""The statements at a prototype's margin: what each is for, and which need heavy packages."""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from scaffold.adopt import imports, shelf, weights
from scaffold.adopt.reading import Prototype, statement
from scaffold.check.module import Module, function_around
from scaffold.check.values import dotted


@dataclass
class Pieces:
    """The statements of a module by what becomes of them.

    `consumed` are in the answers, `about_chute` do something to the chute once it is there.
    `late` wait for Model to be made, because they need packages that a laptop has not; `early` can
    stand at the margin. `light` and `heavy` are imports, those of helper files among the latter;
    `helpers` are the names of these files.
    """

    consumed: list[ast.stmt] = field(default_factory=list)
    early: list[ast.stmt] = field(default_factory=list)
    late: list[ast.stmt] = field(default_factory=list)
    light: list[ast.Import | ast.ImportFrom] = field(default_factory=list)
    heavy: list[ast.Import | ast.ImportFrom] = field(default_factory=list)
    main: list[ast.stmt] = field(default_factory=list)
    about_chute: list[ast.stmt] = field(default_factory=list)
    docstring: ast.Expr | None = None
    futures: list[ast.ImportFrom] = field(default_factory=list)
    late_names: set[str] = field(default_factory=set)
    helpers: set[str] = field(default_factory=set)

    def is_helper(self, node: ast.Import | ast.ImportFrom) -> bool:
        """Does it import a file of the prototype?"""
        names = {each.module.lstrip(".").partition(".")[0] for each in imports.of(node)}
        relative = isinstance(node, ast.ImportFrom) and bool(node.level)
        return relative or bool(names & self.helpers)


def sort(prototype: Prototype) -> Pieces:
    """Each statement of the chute's file in one place."""
    loading = {
        statement(use.call)
        for use in weights.uses(prototype)
        if function_around(use.call) is None and not use.elsewhere
    }
    module = prototype.module
    found = Pieces()
    moved: set[ast.stmt] = {cord.function for cord in [*prototype.cords, *prototype.jobs]}
    moved |= {hook.function for hook in [*prototype.hooks, *prototype.shutdown_hooks]}
    making = _making(prototype)
    found.helpers = {each.name.rpartition(".")[2] for each in prototype.helpers} | {
        each.name.partition(".")[0] for each in prototype.helpers
    }
    rest: list[ast.stmt] = []
    for place, node in enumerate(module.tree.body):
        if node in making:
            found.consumed.append(node)
        elif node in moved:
            continue
        elif place == 0 and _is_text(node):
            found.docstring = node if isinstance(node, ast.Expr) else None
        elif isinstance(node, ast.ImportFrom) and node.module == "__future__":
            found.futures.append(node)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names = {each.module.lstrip(".").partition(".")[0] for each in imports.of(node)}
            heavy = not names <= shelf.light() or found.is_helper(node)
            (found.heavy if heavy else found.light).append(node)
        elif _is_main(node):
            found.main.append(node)
        else:
            rest.append(node)
    _settings(module, found, rest)
    made = {name for node in making for name in bound(node)}
    found.late_names = {each.bound for node in found.heavy for each in imports.of(node)}
    for node in rest:
        if node in found.consumed:
            continue
        if needed_at_once(node) & made:
            found.about_chute.append(node)
        elif node in loading or _waits(node) or needed_at_once(node) & found.late_names:
            found.late.append(node)
            found.late_names |= bound(node)
        else:
            found.early.append(node)
    return found


def _making(prototype: Prototype) -> set[ast.stmt]:
    """The statements that make the chute, its image and its hardware."""
    made = {statement(prototype.chute.node)}
    if prototype.image is not None:
        made.add(statement(prototype.image.node))
        made |= {statement(each.call) for each in prototype.image.directives}
    if prototype.selector is not None:
        made.add(statement(prototype.selector.node))
    return {node for node in made if node.__dict__["home"] is prototype.module}


def _settings(module: Module, found: Pieces, rest: list[ast.stmt]) -> None:
    """Constants that nothing but what is in the answers uses are there, too."""
    reads = {node: _reads(node) for node in module.tree.body if node not in found.main}
    again = True
    while again:
        again = False
        for node in rest:
            if node in found.consumed or not isinstance(node, ast.Assign | ast.AnnAssign):
                continue
            names = bound(node)
            users = [other for other, used in reads.items() if other is not node and used & names]
            if users and all(user in found.consumed for user in users):
                found.consumed.append(node)
                again = True


def _reads(node: ast.AST) -> set[str]:
    return {
        each.id
        for each in ast.walk(node)
        if isinstance(each, ast.Name) and not isinstance(each.ctx, ast.Store)
    }


def bound(node: ast.stmt) -> set[str]:
    """The names that a statement at the margin gives a meaning."""
    found: set[str] = set()
    for each in _outside(node):
        if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store):
            found.add(each.id)
        elif isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(each.name)
        elif isinstance(each, ast.Import | ast.ImportFrom):
            found |= {one.bound for one in imports.of(each)}
        elif isinstance(each, ast.ExceptHandler) and each.name:
            found.add(each.name)
    return found


def needed_at_once(node: ast.stmt) -> set[str]:
    """The names that must be there when a statement at the margin runs."""
    return {
        each.id
        for each in _outside(node, classes=True)
        if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Load)
    }


def _outside(node: ast.AST, *, classes: bool = False) -> Iterator[ast.AST]:
    """The nodes of a statement that run with it: no bodies of functions, and no annotations.

    Annotations of functions are put in quotes where they need something heavy.
    """
    yield node
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        parts: Iterable[ast.AST] = [
            *node.decorator_list,
            *node.args.defaults,
            *(each for each in node.args.kw_defaults if each),
        ]
    elif isinstance(node, ast.Lambda):
        parts = [*node.args.defaults, *(each for each in node.args.kw_defaults if each)]
    elif isinstance(node, ast.ClassDef) and not classes:
        parts = []
    else:
        parts = ast.iter_child_nodes(node)
    for part in parts:
        yield from _outside(part, classes=classes)


def _waits(node: ast.stmt) -> bool:
    """Would it fail where packages of the image or variables of the instance are missing?"""
    return _imports_heavy(node) or any(
        isinstance(each, ast.Subscript)
        and isinstance(each.ctx, ast.Load)
        and (dotted(each.value) or "").rpartition(".")[2] == "environ"
        for each in _outside(node)
    )


def _imports_heavy(node: ast.stmt) -> bool:
    return any(
        not {one.module.partition(".")[0] for one in imports.of(each)} <= shelf.light()
        for each in _outside(node)
        if isinstance(each, ast.Import | ast.ImportFrom)
    )


def _is_text(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _is_main(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and any(
        isinstance(each, ast.Name) and each.id == "__name__" for each in ast.walk(node.test)
    )
