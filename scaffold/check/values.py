"""What an expression comes to, as far as that can be seen without running it."""

import ast
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from scaffold.check.module import (
    FunctionNode,
    Module,
    defaults,
    home,
    name_space,
    own_nodes,
    parameters,
)

MAX_STEPS = 2000
MAX_DEPTH = 40
MAX_SIZE = 200_000
_OPERATORS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
_SIGNS: dict[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Not: operator.not_,
    ast.Invert: operator.invert,
}
_STRING_METHODS = {"lower", "upper", "strip", "removeprefix", "removesuffix", "replace", "format"}


class Modules(Protocol):
    """Finds other modules of the repository."""

    def find(self, dotted: str, beside: Module) -> Module | None:
        """The module of that dotted name, as `beside` would import it."""


@dataclass(frozen=True)
class Scope:
    """Where a name is looked up; `bound` are the arguments of the call under consideration."""

    module: Module
    modules: Modules
    owner: ast.AST
    bound: Mapping[str, tuple[ast.expr, "Scope"]] = field(default_factory=dict)
    called: bool = False

    @property
    def outer(self) -> "Scope | None":
        """The scope around this one; classes are passed over as Python does."""
        at = self.owner
        while not isinstance(at, ast.Module):
            at = name_space(at)
            if isinstance(at, ast.FunctionDef | ast.AsyncFunctionDef | ast.Module):
                return Scope(self.module, self.modules, at)
        return None

    def meaning(self, node: ast.Name) -> str | None:
        """What a name stands for here: see `Module.meaning`."""
        return self.module.meaning(node.id, self.owner, getattr(node, "lineno", 0))


@dataclass(frozen=True)
class Value:
    """A value with the node it comes from; `why` says what hides it when it is not `known`."""

    node: ast.AST
    known: bool = True
    value: Any = None
    why: str = ""
    given: bool = True

    def __bool__(self) -> bool:
        raise TypeError("ask for .known, .given or .value")


class _Hidden(Exception):  # noqa: N818
    """The value cannot be seen."""

    def __init__(self, why: str, node: ast.AST) -> None:
        super().__init__(why)
        self.why = why
        self.node = node


class _Reader:
    """One evaluation, with a budget of steps."""

    def __init__(self) -> None:
        self.steps = 0

    def origin(self, node: ast.expr, scope: Scope, depth: int = 0) -> tuple[ast.expr, Scope]:
        """Follow names, arguments, helpers and attributes to the expression behind them."""
        self.steps += 1
        if self.steps > MAX_STEPS or depth > MAX_DEPTH:
            raise _Hidden("it takes too many steps to follow", node)
        if isinstance(node, ast.Name):
            return self._named(node, scope, depth)
        if isinstance(node, ast.Attribute):
            return self._attribute(node, scope, depth)
        if isinstance(node, ast.NamedExpr):
            return self.origin(node.value, scope, depth + 1)
        if isinstance(node, ast.Call):
            function = local_function(node.func, scope)
            if function is not None and not function.decorator_list:
                return self._returned(node, function, scope, depth)
        return node, scope

    def _named(self, node: ast.Name, scope: Scope, depth: int) -> tuple[ast.expr, Scope]:
        candidates = self._look_up(node, scope)
        if len(candidates) == 1:
            return self.origin(*candidates[0], depth + 1)
        found = [self.origin(*candidate, depth + 1) for candidate in candidates]
        if len({ast.dump(expression) for expression, _ in found}) == 1:
            return found[0]
        raise _Hidden(f"{node.id} is assigned in more than one place", node)

    def _look_up(self, node: ast.Name, scope: Scope) -> list[tuple[ast.expr, Scope]]:
        name = node.id
        at: Scope | None = scope
        while at is not None:
            if isinstance(at.owner, ast.FunctionDef | ast.AsyncFunctionDef):
                bound = self._argument(node, at, at.owner)
                if bound is not None:
                    return [bound]
            assigned = at.module.assigned.get(at.owner, {}).get(name)
            if assigned:
                if any(value is None for value in assigned):
                    raise _Hidden(f"{name} changes while the module runs", node)
                return [(value, at) for value in assigned if value is not None]
            at = at.outer
        return [self._imported(node, scope)]

    def _argument(
        self, node: ast.Name, scope: Scope, function: FunctionNode
    ) -> tuple[ast.expr, Scope] | None:
        if node.id in scope.bound:
            return scope.bound[node.id]
        given = function.args
        named = {arg.arg for arg in parameters(function)}
        named |= {arg.arg for arg in (given.vararg, given.kwarg) if arg is not None}
        if node.id not in named:
            return None
        default = defaults(function).get(node.id)
        if default is not None and scope.called:
            return default, scope.outer or scope
        raise _Hidden(f"it is the argument {node.id} of {function.name}()", node)

    def _imported(self, node: ast.Name, scope: Scope) -> tuple[ast.expr, Scope]:
        dotted = scope.meaning(node)
        if not dotted:
            raise _Hidden(f"{node.id} is not defined in this file", node)
        origin, _, name = dotted.rpartition(".")
        module = scope.modules.find(origin, scope.module) if origin else None
        if module is None:
            raise _Hidden(f"{node.id} comes from {origin or dotted}", node)
        return self._member(node, name, module, scope)

    def _member(
        self, node: ast.expr, name: str, module: Module, scope: Scope
    ) -> tuple[ast.expr, Scope]:
        inside = Scope(module, scope.modules, module.tree)
        assigned = module.assigned.get(module.tree, {}).get(name, [])
        if len(assigned) == 1 and assigned[0] is not None:
            return self.origin(assigned[0], inside, 1)
        if name not in module.top and module.meaning(name, module.tree):
            return self.origin(ast.Name(name), inside, 1)
        raise _Hidden(f"{name} of {module.path} is not a plain assignment", node)

    def _attribute(self, node: ast.Attribute, scope: Scope, depth: int) -> tuple[ast.expr, Scope]:
        if not isinstance(node.value, ast.Name):
            return node, scope
        dotted = scope.meaning(node.value)
        module = scope.modules.find(dotted, scope.module) if dotted else None
        if module is not None:
            return self._member(node, node.attr, module, scope)
        kind = local_class(node.value, scope)
        if kind is not None:
            assigned = home(kind).assigned.get(kind, {}).get(node.attr, [])
            if len(assigned) == 1 and assigned[0] is not None:
                inside = Scope(home(kind), scope.modules, kind)
                return self.origin(assigned[0], inside, depth + 1)
        return node, scope

    def _returned(
        self, call: ast.Call, function: FunctionNode, scope: Scope, depth: int
    ) -> tuple[ast.expr, Scope]:
        inside = calling(call, function, scope)
        nodes = own_nodes(function)
        returns = [n.value for n in nodes if isinstance(n, ast.Return) and n.value is not None]
        if len(returns) != 1 or isinstance(function, ast.AsyncFunctionDef):
            raise _Hidden(f"it is what {function.name}() returns", call)
        return self.origin(returns[0], inside, depth + 1)

    def read(self, node: ast.expr, scope: Scope, depth: int = 0) -> Any:
        """The Python value of an expression."""
        if isinstance(node, ast.Name) and node.id in scope.module.mutated:
            raise _Hidden(f"{node.id} is changed after it is made", node)
        found, inside = self.origin(node, scope, depth)
        reader = _READERS.get(type(found))
        if reader is None:
            raise _Hidden(_described(found), found)
        value = reader(self, found, inside, depth + 1)
        if isinstance(value, str | list | tuple | dict) and len(value) > MAX_SIZE:
            raise _Hidden("it is too long", found)
        return value

    def _constant(self, node: ast.Constant, scope: Scope, depth: int) -> Any:
        return node.value

    def _text(self, node: ast.JoinedStr, scope: Scope, depth: int) -> str:
        parts = []
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                if part.format_spec is not None or part.conversion not in (-1, 115):
                    raise _Hidden("it is formatted in a way that only running shows", node)
                parts.append(str(self.read(part.value, scope, depth)))
            else:
                parts.append(str(self.read(part, scope, depth)))
        return "".join(parts)

    def _sequence(self, node: ast.List | ast.Tuple | ast.Set, scope: Scope, depth: int) -> Any:
        values: list[Any] = []
        for part in node.elts:
            if isinstance(part, ast.Starred):
                values += self.read(part.value, scope, depth)
            else:
                values.append(self.read(part, scope, depth))
        return tuple(values) if isinstance(node, ast.Tuple) else values

    def _dict(self, node: ast.Dict, scope: Scope, depth: int) -> dict[Any, Any]:
        found: dict[Any, Any] = {}
        for key, value in zip(node.keys, node.values, strict=True):
            if key is None:
                found |= self.read(value, scope, depth)
            else:
                found[self.read(key, scope, depth)] = self.read(value, scope, depth)
        return found

    def _operation(self, node: ast.BinOp, scope: Scope, depth: int) -> Any:
        left, right = self.read(node.left, scope, depth), self.read(node.right, scope, depth)
        if isinstance(node.op, ast.Pow) and isinstance(left, int) and isinstance(right, int):
            if abs(left) <= 1024 and 0 <= right <= 64:
                return left**right
            raise _Hidden("the number is too large", node)
        act = _OPERATORS.get(type(node.op))
        repeats = isinstance(node.op, ast.Mult) and not isinstance(left, int | float)
        if act is None or (repeats and (not isinstance(right, int) or right > 1000)):
            raise _Hidden("it is computed in a way that only running shows", node)
        if isinstance(node.op, ast.Mod) and isinstance(left, str):
            raise _Hidden("it is formatted in a way that only running shows", node)
        return act(left, right)

    def _unary(self, node: ast.UnaryOp, scope: Scope, depth: int) -> Any:
        value = self.read(node.operand, scope, depth)
        return _SIGNS[type(node.op)](value)

    def _choice(self, node: ast.IfExp, scope: Scope, depth: int) -> Any:
        taken = node.body if self.read(node.test, scope, depth) else node.orelse
        return self.read(taken, scope, depth)

    def _either(self, node: ast.BoolOp, scope: Scope, depth: int) -> Any:
        value = None
        for part in node.values:
            value = self.read(part, scope, depth)
            if bool(value) == isinstance(node.op, ast.Or):
                return value
        return value

    def _item(self, node: ast.Subscript, scope: Scope, depth: int) -> Any:
        return self.read(node.value, scope, depth)[self.read(node.slice, scope, depth)]

    def _call(self, node: ast.Call, scope: Scope, depth: int) -> Any:
        function = node.func
        if (
            isinstance(function, ast.Attribute)
            and not node.keywords
            and (function.attr == "join" or function.attr in _STRING_METHODS)
        ):
            text = self.read(function.value, scope, depth)
            if isinstance(text, str) and len(text) < 10_000 and "{0:" not in text:
                arguments = [self.read(argument, scope, depth) for argument in node.args]
                return getattr(text, function.attr)(*arguments)
        if (
            isinstance(function, ast.Name)
            and function.id in ("str", "int", "float", "list")
            and len(node.args) == 1
            and not node.keywords
        ):
            kind = {"str": str, "int": int, "float": float, "list": list}[function.id]
            return kind(self.read(node.args[0], scope, depth))
        if isinstance(function, ast.Name) and function.id == "dict" and not node.args:
            return {k.arg: self.read(k.value, scope, depth) for k in node.keywords if k.arg}
        raise _Hidden(_described(node), node)


_READERS: dict[type[ast.AST], Any] = {
    ast.Constant: _Reader._constant,
    ast.JoinedStr: _Reader._text,
    ast.List: _Reader._sequence,
    ast.Tuple: _Reader._sequence,
    ast.Set: _Reader._sequence,
    ast.Dict: _Reader._dict,
    ast.BinOp: _Reader._operation,
    ast.UnaryOp: _Reader._unary,
    ast.IfExp: _Reader._choice,
    ast.BoolOp: _Reader._either,
    ast.Subscript: _Reader._item,
    ast.Call: _Reader._call,
}


def _described(node: ast.AST) -> str:
    if isinstance(node, ast.Call):
        name = dotted(node.func)
        if name and ("environ" in name or name.endswith("getenv")):
            return "it is read from the environment"
        return f"it is what {name or 'a call'}() returns" if name else "it is what a call returns"
    if isinstance(node, ast.Attribute | ast.Subscript):
        shown = dotted(node.value) or "an object"
        return f"it is read from {shown}"
    return "it is computed in a way that only running shows"


def read(node: ast.expr, scope: Scope) -> Value:
    """The value of an expression, or why it cannot be seen."""
    reader = _Reader()
    try:
        value = reader.read(node, scope)
    except _Hidden as hidden:
        return Value(node, known=False, why=hidden.why)
    except (ArithmeticError, LookupError, TypeError, ValueError, AttributeError, RecursionError):
        return Value(node, known=False, why="computing it fails")
    return Value(_place(node, scope), value=value)


def _place(node: ast.expr, scope: Scope) -> ast.AST:
    """Where the value is written down, for the reader to change it."""
    found, _ = origin(node, scope)
    return found if "lineno" in found.__dict__ and "home" in found.__dict__ else node


def origin(node: ast.expr, scope: Scope) -> tuple[ast.expr, Scope]:
    """The expression behind names, arguments and helper functions; the node itself if hidden."""
    try:
        return _Reader().origin(node, scope)
    except (_Hidden, RecursionError):
        return node, scope


def dotted(node: ast.AST) -> str | None:
    """`a.b.c` as written, or None when it is not only names."""
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return None
    return ".".join([node.id, *reversed(names)])


def full_name(node: ast.AST, module: Module) -> str | None:
    """The dotted name with its imports followed: `np.array` is `numpy.array`."""
    name = dotted(node)
    if name is None:
        return None
    first, dot, rest = name.partition(".")
    space = name_space(node) if "space" in node.__dict__ else module.tree
    return (module.meaning(first, space, getattr(node, "lineno", 0)) or first) + dot + rest


def local_function(node: ast.AST, scope: Scope) -> FunctionNode | None:
    """The function of the repository that a call calls."""
    found = _local(node, scope)
    return found if isinstance(found, ast.FunctionDef | ast.AsyncFunctionDef) else None


def local_class(node: ast.AST, scope: Scope) -> ast.ClassDef | None:
    """The class of the repository that a name stands for."""
    found = _local(node, scope)
    return found if isinstance(found, ast.ClassDef) else None


def _local(node: ast.AST, scope: Scope, depth: int = 0) -> ast.AST | None:
    name = dotted(node)
    if name is None or depth > 5:
        return None
    first, _, rest = name.partition(".")
    at: Scope | None = scope
    while at is not None:
        if first in at.module.imports.get(at.owner, ()):
            break
        if first in at.module.defined.get(at.owner, ()):
            found = at.module.definitions(at.owner).get(first)
            return found if found is not None and not rest else None
        at = at.outer
    line = getattr(node, "lineno", 0)
    imported = (scope.module.meaning(first, scope.owner, line) or "") + ("." + rest if rest else "")
    origin_name, _, member = imported.rpartition(".")
    module = scope.modules.find(origin_name, scope.module) if origin_name else None
    if module is None:
        return None
    if member in module.top:
        return module.top[member]
    if module.meaning(member, module.tree):
        return _local(ast.Name(member), Scope(module, scope.modules, module.tree), depth + 1)
    return None


def calling(call: ast.Call, function: FunctionNode, scope: Scope) -> Scope:
    """The scope inside `function` when it is called so."""
    bound: dict[str, tuple[ast.expr, Scope]] = {}
    names = [arg.arg for arg in (*function.args.posonlyargs, *function.args.args)]
    complete = True
    for name, argument in zip(names, call.args, strict=False):
        if isinstance(argument, ast.Starred):
            complete = False
            break
        bound[name] = (argument, scope)
    for keyword in call.keywords:
        if keyword.arg is None:
            found, inside = origin(keyword.value, scope)
            if isinstance(found, ast.Dict) and all(isinstance(k, ast.Constant) for k in found.keys):
                for key, value in zip(found.keys, found.values, strict=True):
                    bound[str(getattr(key, "value", ""))] = (value, inside)
            else:
                complete = False
        else:
            bound[keyword.arg] = (keyword.value, scope)
    return Scope(home(function), scope.modules, function, bound, called=complete)


def scope_of(node: ast.AST, modules: Modules) -> Scope:
    """The scope a node is evaluated in, with nothing known about arguments."""
    space = name_space(node)
    while isinstance(space, ast.Lambda):
        space = name_space(space)
    return Scope(home(node), modules, space)
