"""What a repository declares: chutes, images, hardware, cords, hooks."""

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from scaffold.check import sdk
from scaffold.check.model import Edit, Place, Unsure
from scaffold.check.module import FunctionNode, Module, function_around, home, own_nodes, parameters
from scaffold.check.values import Scope, Value, origin, read


def at(node: ast.AST, message: str, *edits: Edit, fix: str = "") -> Place:
    """Something was found at this node; `fix` is its remedy if it is not the check's."""
    return Place(home(node).path, line_of(node), message, edits, fix=fix)


def renamed(keyword: ast.keyword, name: str) -> Edit:
    """Gives a keyword of a call another name."""
    start, _ = home(keyword).span(keyword)
    return Edit(start, start + len((keyword.arg or "").encode()), name)


def remedy(name: str, near: Sequence[str], free: object) -> str:
    """What to do with an argument of that name when one like it exists, and is not given yet."""
    if not near:
        return ""
    return f"Call it {near[0]}." if free else f"Remove {name}: {near[0]} is given already."


def line_of(node: ast.AST) -> int:
    """The line people look for: of a call in a chain over several lines, the method's."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return node.func.end_lineno or node.lineno
    return getattr(node, "lineno", 1)


def unsure(node: ast.AST, why: str) -> Unsure:
    """Something at this node cannot be decided."""
    return Unsure(home(node).path, line_of(node), why)


class Arguments:
    """The arguments of one call by name, those given by position and through ** included."""

    def __init__(self, call: ast.Call, scope: Scope, names: tuple[str, ...] = ()) -> None:
        self.call = call
        self.scope = scope
        self.nodes: dict[str, tuple[ast.expr, Scope]] = {}
        self.keywords: dict[str, ast.keyword] = {}
        self.hidden = ""
        for name, argument in zip(names, call.args, strict=False):
            if isinstance(argument, ast.Starred):
                self.hidden = "some come through *"
                break
            if isinstance(argument, ast.Constant) and argument.value is Ellipsis:
                self.hidden = "the call is abbreviated with ..."
                break
            self.nodes[name] = (argument, scope)
        for keyword in call.keywords:
            if keyword.arg is not None:
                self.nodes[keyword.arg] = (keyword.value, scope)
                self.keywords[keyword.arg] = keyword
            else:
                self._spread(keyword.value, scope)

    def _spread(self, node: ast.expr, scope: Scope) -> None:
        found, inside = origin(node, scope)
        if (
            isinstance(found, ast.Call)
            and isinstance(found.func, ast.Name)
            and found.func.id == "dict"
            and not found.args
        ):
            for keyword in found.keywords:
                if keyword.arg:
                    self.nodes[keyword.arg] = (keyword.value, inside)
            return
        mutated = isinstance(node, ast.Name) and node.id in scope.module.mutated
        if not isinstance(found, ast.Dict) or mutated:
            self.hidden = f"some come through **{getattr(node, 'id', '...')}"
            return
        for key, value in zip(found.keys, found.values, strict=True):
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                self.nodes.setdefault(key.value, (value, inside))
            else:
                self.hidden = "some come through **"

    def __contains__(self, name: str) -> bool:
        return name in self.nodes

    def value(self, name: str) -> Value:
        """The argument's value; not `given` when the call leaves it out."""
        if name in self.nodes:
            return read(*self.nodes[name])
        if self.hidden:
            return Value(self.call, known=False, why=self.hidden)
        return Value(self.call, known=False, given=False, why="it is left out")

    def node(self, name: str) -> ast.expr | None:
        """The expression behind an argument."""
        return origin(*self.nodes[name])[0] if name in self.nodes else None


@dataclass(frozen=True)
class Selector:
    """A NodeSelector of one chute."""

    arguments: Arguments

    def value(self, name: str) -> Value:
        """One of its settings."""
        return self.arguments.value(name)

    @property
    def node(self) -> ast.Call:
        """The call that makes it."""
        return self.arguments.call


@dataclass(frozen=True)
class Directive:
    """One call of an image's method."""

    method: str
    call: ast.Call
    arguments: Arguments

    def value(self, name: str) -> Value:
        """One of its arguments."""
        return self.arguments.value(name)


_METHOD_NAMES: dict[str, tuple[str, ...]] = {
    "from_base": ("base_image",),
    "with_maintainer": ("maintainer",),
    "set_user": ("user",),
    "set_workdir": ("directory",),
    "with_python": ("version",),
    "apt_install": ("package",),
    "apt_remove": ("package",),
    "with_env": ("key", "value"),
    "run_command": ("command",),
    "add": ("source", "dest"),
    "with_entrypoint": ("entrypoint",),
}


@dataclass(frozen=True)
class Image:
    """An Image and the methods called on it, in the order of the source."""

    arguments: Arguments
    directives: tuple[Directive, ...]

    @property
    def node(self) -> ast.Call:
        """The call that makes it."""
        return self.arguments.call

    def value(self, name: str) -> Value:
        """One of the constructor's arguments."""
        return self.arguments.value(name)

    def of(self, *methods: str) -> list[Directive]:
        """The calls of these methods."""
        return [directive for directive in self.directives if directive.method in methods]

    @property
    def base(self) -> Value | None:
        """The base image when one is named; the SDK's default otherwise."""
        calls = self.of("from_base")
        return calls[-1].value("base_image") if calls else None

    @cached_property
    def commands(self) -> list[tuple[Directive, Value]]:
        """What run_command is given."""
        return [(call, call.value("command")) for call in self.of("run_command")]

    @property
    def spoken(self) -> list[tuple[Directive, str]]:
        """Those of the commands that can be read."""
        found = ((call, value) for call, value in self.commands if value.known)
        return [(call, value.value) for call, value in found if isinstance(value.value, str)]


def directive(call: ast.Call, method: str, scope: Scope) -> Directive:
    """A method call with its arguments named."""
    return Directive(method, call, Arguments(call, scope, _METHOD_NAMES.get(method, ())))


@dataclass(frozen=True)
class ChuteKind:
    """What class or builder a chute is made by; `classes` are the repository's own."""

    name: str
    classes: tuple[ast.ClassDef, ...] = ()

    @property
    def builder(self) -> bool:
        """Is it one of the SDK's templates, which bring cords and start-up with them?"""
        return self.name in sdk.BUILDERS

    @property
    def parameters(self) -> tuple[str, ...]:
        """The SDK's names of the arguments, in order."""
        return sdk.BUILDERS.get(self.name, sdk.CHUTE)

    def method(self, name: str) -> FunctionNode | None:
        """A method the repository's own classes define."""
        for kind in self.classes:
            for member in kind.body:
                if (
                    isinstance(member, ast.FunctionDef | ast.AsyncFunctionDef)
                    and member.name == name
                ):
                    return member
        return None

    @cached_property
    def own_names(self) -> set[str]:
        """Keywords that the constructors of the repository's own classes take."""
        found: set[str] = set()
        for kind in self.classes:
            for member in kind.body:
                if isinstance(member, ast.FunctionDef) and member.name == "__init__":
                    found |= {arg.arg for arg in parameters(member)} - {"self"}
        return found

    @cached_property
    def members(self) -> set[str]:
        """Everything the repository's own classes define or assign on self."""
        found: set[str] = set()
        for kind in self.classes:
            found |= {getattr(member, "name", "") for member in kind.body}
            for node in ast.walk(kind):
                if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                    found.add(node.attr)
                if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                    found.add(node.target.id)
        return found


@dataclass(frozen=True, eq=False)
class Chute:
    """One chute, with the arguments of one particular call of its factory."""

    kind: ChuteKind
    arguments: Arguments
    variable: str
    site: ast.Call
    inherited: Mapping[str, tuple[ast.expr, Scope]] = field(default_factory=dict)
    loaded: Mapping[str, Any] = field(default_factory=dict)

    @property
    def node(self) -> ast.Call:
        """The call that makes it."""
        return self.arguments.call

    @property
    def module(self) -> Module:
        """The file that is deployed."""
        return home(self.site)

    def value(self, name: str) -> Value:
        """One of its settings."""
        found = self.arguments.value(name)
        if not found.given and name in self.inherited:
            found = read(*self.inherited[name])
        if not found.known and name in self.loaded:
            return Value(found.node, value=self.loaded[name])
        return found

    @property
    def made_elsewhere(self) -> bool:
        """Is it made by a function nobody here calls, so that its caller may add to it?"""
        return function_around(self.site) is not None

    @property
    def title(self) -> str:
        """What to call it in a message."""
        name = self.value("name")
        return f'chute "{name.value}"' if name.known else (self.variable or "the chute")


@dataclass(frozen=True, eq=False)
class Cord:
    """A decorated function; `custom` names the repository's own decorator it goes through."""

    kind: str
    decorator: ast.Call
    arguments: Arguments
    function: FunctionNode
    chutes: tuple[Chute, ...]
    custom: str = ""

    @property
    def node(self) -> ast.Call:
        """The decorator."""
        return self.decorator

    def value(self, name: str) -> Value:
        """One of the decorator's arguments."""
        return self.arguments.value(name)

    def on(self, name: str) -> bool:
        """Is this switch turned on, for certain?"""
        value = self.value(name)
        return value.known and value.value is True

    @property
    def parameters(self) -> list[ast.arg]:
        """What the function takes besides the chute itself."""
        return parameters(self.function)[1:]

    @cached_property
    def public_path(self) -> str:
        """The path clients use, as the SDK makes it, or nothing when it cannot be seen."""
        value = self.value("public_api_path")
        seen = value.known and isinstance(value.value, str) and value.value
        return sdk.normalised(value.value) if seen else ""

    @cached_property
    def is_health(self) -> bool:
        """Does it answer health checks?"""
        paths = (self.public_path, self.value("path").value or "", f"/{self.function.name}")
        words = {"health", "healthz", "healthcheck", "ready", "readyz", "livez", "health_check"}
        return any(
            part in words for path in paths if isinstance(path, str) for part in path.split("/")
        )

    @property
    def streams(self) -> bool:
        """Does the function yield?"""
        return any(isinstance(node, ast.Yield | ast.YieldFrom) for node in own_nodes(self.function))

    def returns(self) -> Iterator[ast.expr]:
        """The expressions it returns."""
        for node in own_nodes(self.function):
            if isinstance(node, ast.Return) and node.value is not None:
                yield node.value


@dataclass(frozen=True, eq=False)
class Hook:
    """A function decorated with on_startup or on_shutdown; `call` None without parentheses."""

    kind: str
    decorator: ast.expr
    call: ast.Call | None
    function: FunctionNode
    chutes: tuple[Chute, ...]

    @property
    def me(self) -> str:
        """What the function calls the chute, usually self."""
        found = parameters(self.function)
        return found[0].arg if found else ""


def literals(nodes: Iterable[ast.AST]) -> Iterator[tuple[ast.Constant, str]]:
    """The string constants among these nodes."""
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node, node.value
