"""One parsed Python file, and what its names stand for."""

import ast
import warnings
from collections import defaultdict
from functools import cached_property
from typing import TypeVar, cast

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_OWNERS = (*_FUNCTIONS, ast.ClassDef, ast.Module)
_INNER = {*_FUNCTIONS, ast.ClassDef}
_MARKS = (ast.expr_context, ast.operator, ast.unaryop, ast.boolop, ast.cmpop)
_MUTATING = {"append", "extend", "insert", "update", "pop", "remove", "clear", "setdefault", "add"}
Node = TypeVar("Node", bound=ast.AST)


class Module:
    """The tree of one file.

    Every node knows its parent, its module and the name space it is evaluated in (`parent`, `home`,
    `name_space`): what stands in a decorator, a default or a base class is outside of what it
    belongs to.
    """

    def __init__(self, path: str, text: str, tree: ast.Module) -> None:
        self.path = path
        self.text = text
        self.tree = tree
        self._by_type: dict[type[ast.AST], list[ast.AST]] = defaultdict(list)
        tree.__dict__["space"] = tree
        stack: list[ast.AST] = [tree]
        while stack:
            node = stack.pop()
            facts = node.__dict__
            facts["home"] = self
            kind = type(node)
            self._by_type[kind].append(node)
            children = _parts(node)
            for child in children:
                about = child.__dict__
                about["parent"] = node
                about["space"] = facts["space"]
            if kind in _INNER:
                body = facts["body"]
                for child in body if isinstance(body, list) else [body]:
                    child.__dict__["space"] = node
            stack.extend(reversed(children))

    @property
    def size(self) -> int:
        """How many nodes it has."""
        return sum(map(len, self._by_type.values()))

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
    def imports(self) -> dict[ast.AST, dict[str, list[tuple[int, str]]]]:
        """By function, class or module: imported names, each with its lines and dotted names."""
        found: dict[ast.AST, dict[str, list[tuple[int, str]]]] = defaultdict(
            lambda: defaultdict(list)
        )
        for plain in self.of(ast.Import):
            for alias in plain.names:
                name = alias.asname or alias.name.partition(".")[0]
                dotted = alias.name if alias.asname else name
                found[self._space_of(name, owner(plain))][name].append((plain.lineno, dotted))
        for node in self.of(ast.ImportFrom):
            origin = self._origin(node)
            for alias in node.names:
                if alias.name != "*":
                    name = alias.asname or alias.name
                    into = found[self._space_of(name, owner(node))]
                    into[name].append((node.lineno, f"{origin}.{alias.name}"))
        return found

    @cached_property
    def imported_names(self) -> set[str]:
        """Every name that an import gives a meaning anywhere in the file."""
        return {name for names in self.imports.values() for name in names}

    @cached_property
    def _globals(self) -> dict[ast.AST, set[str]]:
        found: dict[ast.AST, set[str]] = defaultdict(set)
        for node in self.of(ast.Global):
            found[owner(node)].update(node.names)
        return found

    def _space_of(self, name: str, space: ast.AST) -> ast.AST:
        """Where a name goes that is bound in `space`: `global` sends it to the module."""
        return self.tree if name in self._globals.get(space, ()) else space

    @cached_property
    def defined(self) -> dict[ast.AST, set[str]]:
        """By function, class or module: the names something else than an import gives a meaning."""
        found: dict[ast.AST, set[str]] = defaultdict(set)
        for space, names in self.assigned.items():
            for name in names:
                found[self._space_of(name, space)].add(name)
        for function in self.functions:
            found[owner(function)].add(function.name)
        for kind in self.of(ast.ClassDef):
            found[owner(kind)].add(kind.name)
        for argument in self.of(ast.arg):
            found[owner(argument)].add(argument.arg)
        for annotated in self.of(ast.AnnAssign):
            if isinstance(annotated.target, ast.Name):
                found[owner(annotated)].add(annotated.target.id)
        for kind_of_pattern in (ast.MatchAs, ast.MatchStar, ast.MatchMapping):
            for pattern in self.of(kind_of_pattern):
                captured = getattr(pattern, "name", None) or getattr(pattern, "rest", None)
                if captured:
                    found[owner(pattern)].add(captured)
        for sent in self._globals.values():
            found[self.tree] |= sent
        return found

    def meaning(self, name: str, space: ast.AST, line: int = 0) -> str | None:
        """What a name stands for: the dotted name of an import, "" for anything else of the file.

        None when nothing gives it a meaning. Python's rules: from the name space outwards, past
        classes; `line` tells which of several imports of a module's own code has run.
        """
        at: ast.AST | None = space
        while at is not None:
            if at is space or not isinstance(at, ast.ClassDef):
                imported = self.imports.get(at, {}).get(name) if at in self.imports else None
                if imported:
                    before = [dotted for number, dotted in imported if number <= line]
                    here = at is space and at is self.tree and line
                    return before[-1] if here and before else imported[-1][1]
                if name in self.defined.get(at, ()) and name not in self._globals.get(at, ()):
                    return ""
            at = None if at is self.tree else name_space(at)
        return None

    def _origin(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        parts = self.name.split(".")
        package = parts if self.path.endswith("__init__.py") else parts[:-1]
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
                meaning = self.meaning(node.id, name_space(node), node.lineno)
                names.append(meaning or node.id)
                found.append((call, ".".join(reversed(names))))
        return found

    @cached_property
    def functions(self) -> list[FunctionNode]:
        """All functions and methods, nested ones too."""
        return [*self.of(ast.FunctionDef), *self.of(ast.AsyncFunctionDef)]

    @property
    def top(self) -> dict[str, ast.AST]:
        """The functions and classes a name at module level stands for."""
        return self.definitions(self.tree)

    def definitions(self, space: ast.AST) -> dict[str, ast.AST]:
        """The functions and classes that names of a name space stand for, under `if` as well."""
        return self._definitions.get(space, {})

    @cached_property
    def _definitions(self) -> dict[ast.AST, dict[str, ast.AST]]:
        found: dict[ast.AST, dict[str, ast.AST]] = defaultdict(dict)
        kinds: list[FunctionNode | ast.ClassDef] = [*self.functions, *self.of(ast.ClassDef)]
        for node in sorted(kinds, key=lambda node: node.lineno):
            found[name_space(node)][node.name] = node
        return found

    @cached_property
    def bound(self) -> set[str]:
        """Every name that is given a meaning anywhere in the file."""
        found = self.imported_names | {n for names in self.assigned.values() for n in names}
        found |= {function.name for function in self.functions}
        found |= {node.name for node in self.of(ast.ClassDef)}
        found |= {node.arg for node in self.of(ast.arg)}
        found |= {name for node in self.of(ast.Global) for name in node.names}
        return found


def _parts(node: ast.AST) -> list[ast.AST]:
    """The nodes directly below one, in order, without marks such as Load and Add.

    Python shares one object for each of those marks, so they have no place of their own.
    """
    facts = node.__dict__
    found: list[ast.AST] = []
    for name in node._fields:
        value = facts.get(name)
        if isinstance(value, list):
            found += [part for part in value if isinstance(part, ast.AST)]
        elif isinstance(value, ast.AST):
            found.append(value)
    return [part for part in found if not isinstance(part, _MARKS)]


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


def name_space(node: ast.AST) -> ast.AST:
    """The function, lambda, class or module in which the names of a node are looked up."""
    return cast(ast.AST, node.__dict__["space"])


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
    at = node.__dict__["parent"]
    while not isinstance(at, _OWNERS):
        at = at.__dict__["parent"]
    return cast(ast.AST, at)


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
    """The nodes of a body that run when it runs: without those of functions defined inside.

    Found once; nobody may change the list.
    """
    kept = function.__dict__.get("own")
    if kept is not None:
        return cast(list[ast.AST], kept)
    found: list[ast.AST] = []
    function.__dict__["own"] = found
    stack = list(getattr(function, "body", []))[::-1]
    while stack:
        node = stack.pop()
        found.append(node)
        if isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
            continue
        stack.extend(reversed(list(ast.iter_child_nodes(node))))
    return found
