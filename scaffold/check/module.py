"""One parsed Python file, and what its names stand for."""

import ast
import warnings
from collections import defaultdict
from functools import cached_property
from typing import TypeVar, cast

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_OWNERS = (*_FUNCTIONS, ast.ClassDef, ast.Module)
_MUTATING = {"append", "extend", "insert", "update", "pop", "remove", "clear", "setdefault", "add"}
Node = TypeVar("Node", bound=ast.AST)
# Deeper code is not written by people, and walking it costs more than it tells.
MAX_NODES = 300_000


class Module:
    """The tree of one file; every node knows its parent and its module (`parent`, `home`)."""

    def __init__(self, path: str, text: str, tree: ast.Module) -> None:
        self.path = path
        self.text = text
        self.tree = tree
        self._by_type: dict[type[ast.AST], list[ast.AST]] = defaultdict(list)
        stack: list[ast.AST] = [tree]
        while stack:
            node = stack.pop()
            node.__dict__["home"] = self
            self._by_type[type(node)].append(node)
            children = list(ast.iter_child_nodes(node))
            for child in children:
                child.__dict__["parent"] = node
            stack.extend(reversed(children))

    @property
    def name(self) -> str:
        """The dotted name it is imported by from the folder that is checked."""
        return self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    def of(self, kind: type[Node]) -> list[Node]:
        """All nodes of this type, in the order of the source."""
        return cast(list[Node], self._by_type[kind])

    @cached_property
    def lines(self) -> list[str]:
        """The source, line by line."""
        return self.text.splitlines()

    @cached_property
    def _line_starts(self) -> list[int]:
        starts, at = [0], 0
        for line in self.text.encode().splitlines(keepends=True):
            at += len(line)
            starts.append(at)
        return starts

    def span(self, node: ast.AST) -> tuple[int, int]:
        """Where a node starts and ends, in bytes of the file."""
        start = self._line_starts[getattr(node, "lineno", 1) - 1] + getattr(node, "col_offset", 0)
        end = self._line_starts[getattr(node, "end_lineno", 1) - 1]
        return start, end + getattr(node, "end_col_offset", 0)

    def source(self, node: ast.AST) -> str:
        """The text of a node."""
        start, end = self.span(node)
        return self.text.encode()[start:end].decode()

    @cached_property
    def imports(self) -> dict[str, str]:
        """Imported names, wherever in the file, with the dotted name each stands for."""
        found: dict[str, str] = {}
        for plain in self.of(ast.Import):
            for alias in plain.names:
                name = alias.asname or alias.name.partition(".")[0]
                found[name] = alias.name if alias.asname else name
        for node in self.of(ast.ImportFrom):
            origin = self._origin(node)
            found |= {a.asname or a.name: f"{origin}.{a.name}" for a in node.names if a.name != "*"}
        return found

    def _origin(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        package = self.name.split(".") if self.path.endswith("__init__.py") else (
            self.name.split(".")[:-1]
        )  # fmt: skip
        base = package[: len(package) - node.level + 1]
        return ".".join([*base, *([node.module] if node.module else [])])

    @cached_property
    def imported_modules(self) -> set[str]:
        """Every dotted name that an import could load."""
        found = {alias.name for node in self.of(ast.Import) for alias in node.names}
        for node in self.of(ast.ImportFrom):
            origin = self._origin(node)
            found |= {origin, *(f"{origin}.{alias.name}" for alias in node.names)}
        return found

    @cached_property
    def star_imports(self) -> bool:
        """Is there a `from x import *`, after which any name may be defined?"""
        return any(alias.name == "*" for node in self.of(ast.ImportFrom) for alias in node.names)

    @cached_property
    def assigned(self) -> dict[ast.AST, dict[str, list[ast.expr | None]]]:
        """By function, class or module: each name with what it is assigned; None for unknown."""
        found: dict[ast.AST, dict[str, list[ast.expr | None]]] = defaultdict(
            lambda: defaultdict(list)
        )
        for node in self.of(ast.Assign):
            for target in node.targets:
                _bind(found[owner(node)], target, node.value)
        for annotated in self.of(ast.AnnAssign):
            if annotated.value is not None:
                _bind(found[owner(annotated)], annotated.target, annotated.value)
        for named in self.of(ast.NamedExpr):
            _bind(found[owner(named)], named.target, named.value)
        for augmented in self.of(ast.AugAssign):
            _bind(found[owner(augmented)], augmented.target, None)
        loops: list[ast.For | ast.AsyncFor] = [*self.of(ast.For), *self.of(ast.AsyncFor)]
        for loop in loops:
            _bind(found[owner(loop)], loop.target, None)
        for comprehension in self.of(ast.comprehension):
            _bind(found[owner(comprehension)], comprehension.target, None)
        for item in self.of(ast.withitem):
            if item.optional_vars is not None:
                _bind(found[owner(item)], item.optional_vars, None)
        for handler in self.of(ast.ExceptHandler):
            if handler.name:
                found[owner(handler)][handler.name].append(None)
        return found

    @cached_property
    def mutated(self) -> set[str]:
        """Names whose list or dict is changed after it was made."""
        found = set()
        for node in self.of(ast.Subscript):
            if isinstance(node.ctx, ast.Store | ast.Del) and isinstance(node.value, ast.Name):
                found.add(node.value.id)
        for call in self.of(ast.Call):
            function = call.func
            if (
                isinstance(function, ast.Attribute)
                and function.attr in _MUTATING
                and isinstance(function.value, ast.Name)
            ):
                found.add(function.value.id)
        return found

    @cached_property
    def named_calls(self) -> list[tuple[ast.Call, str]]:
        """The calls of dotted names, each with the name after following imports."""
        found = []
        for call in self.of(ast.Call):
            names = []
            node: ast.AST = call.func
            while isinstance(node, ast.Attribute):
                names.append(node.attr)
                node = node.value
            if isinstance(node, ast.Name):
                names.append(self.imports.get(node.id, node.id))
                found.append((call, ".".join(reversed(names))))
        return found

    @cached_property
    def functions(self) -> list[FunctionNode]:
        """All functions and methods, nested ones too."""
        return [*self.of(ast.FunctionDef), *self.of(ast.AsyncFunctionDef)]

    @cached_property
    def top(self) -> dict[str, ast.AST]:
        """The functions and classes a name at module level stands for."""
        return {
            node.name: node
            for node in ast.iter_child_nodes(self.tree)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        }

    @cached_property
    def bound(self) -> set[str]:
        """Every name that is given a meaning anywhere in the file."""
        found = set(self.imports) | {name for names in self.assigned.values() for name in names}
        found |= {function.name for function in self.functions}
        found |= {node.name for node in self.of(ast.ClassDef)}
        found |= {node.arg for node in self.of(ast.arg)}
        found |= {name for node in self.of(ast.Global) for name in node.names}
        return found


def _bind(into: dict[str, list[ast.expr | None]], target: ast.expr, value: ast.expr | None) -> None:
    if isinstance(target, ast.Name):
        into[target.id].append(value)
    elif isinstance(target, ast.Starred):
        _bind(into, target.value, None)
    elif isinstance(target, ast.Tuple | ast.List):
        values: list[ast.expr] | list[None] = [None] * len(target.elts)
        if isinstance(value, ast.Tuple | ast.List) and len(value.elts) == len(target.elts):
            values = value.elts
        for part, its in zip(target.elts, values, strict=True):
            _bind(into, part, its)


def parse(path: str, text: str) -> Module | str:
    """The module, or in words why there is none."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
    except SyntaxError as error:
        return f"line {error.lineno or 1}: {error.msg}"
    except (ValueError, RecursionError, MemoryError) as error:
        return f"line 1: {type(error).__name__}: it cannot be parsed"
    return Module(path, text, tree)


def parent(node: ast.AST) -> ast.AST | None:
    """The node around this one."""
    return cast(ast.AST | None, node.__dict__.get("parent"))


def home(node: ast.AST) -> Module:
    """The module a node is in."""
    return cast(Module, node.__dict__["home"])


def ancestors(node: ast.AST) -> list[ast.AST]:
    """The nodes around this one, innermost first."""
    found = []
    at = parent(node)
    while at is not None:
        found.append(at)
        at = parent(at)
    return found


def owner(node: ast.AST) -> ast.AST:
    """The function, class or module whose name space a statement is in."""
    return next(a for a in ancestors(node) if isinstance(a, _OWNERS))


def function_around(node: ast.AST) -> FunctionNode | None:
    """The innermost function a node is in, if any; lambdas do not count."""
    for around in ancestors(node):
        if isinstance(around, ast.FunctionDef | ast.AsyncFunctionDef):
            return around
    return None


def parameters(function: FunctionNode) -> list[ast.arg]:
    """Positional and keyword parameters in order, without *args and **kwargs."""
    given = function.args
    return [*given.posonlyargs, *given.args, *given.kwonlyargs]


def defaults(function: FunctionNode) -> dict[str, ast.expr]:
    """Parameters that may be left out, with their defaults."""
    given = function.args
    positional = [*given.posonlyargs, *given.args]
    late = zip(positional[len(positional) - len(given.defaults) :], given.defaults, strict=True)
    keyword = zip(given.kwonlyargs, given.kw_defaults, strict=True)
    return {arg.arg: value for arg, value in [*late, *keyword] if value is not None}


def own_nodes(function: ast.AST) -> list[ast.AST]:
    """The nodes of a body that run when it runs: without those of functions defined inside."""
    found: list[ast.AST] = []
    stack = list(getattr(function, "body", []))[::-1]
    while stack:
        node = stack.pop()
        found.append(node)
        if isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
            continue
        stack.extend(reversed(list(ast.iter_child_nodes(node))))
    return found
