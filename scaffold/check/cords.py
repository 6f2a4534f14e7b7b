"""What is decorated as a part of a chute: cords, jobs and hooks."""

import ast
from functools import cached_property

from scaffold.check.chutes import Chutes
from scaffold.check.declared import Arguments, Chute, Cord, Hook
from scaffold.check.module import FunctionNode, Module, ancestors, home
from scaffold.check.values import full_name, local_function, origin, scope_of

# What a chute is given to that adds no cord.
_NO_CORDS = (
    "print",
    "uvicorn.",
    "asyncio.",
    "isinstance",
    "getattr",
    "hasattr",
    "logger.",
    "loguru.",
)


class Cords(Chutes):
    """The chutes, and the functions that are theirs."""

    @cached_property
    def cords(self) -> list[Cord]:
        """Every function that answers requests, and with kind "job" every job."""
        return [thing for thing in self._decorated if isinstance(thing, Cord)]

    @cached_property
    def _cords_of(self) -> dict[Chute | None, list[Cord]]:
        found: dict[Chute | None, list[Cord]] = {}
        for cord in self.cords:
            for chute in cord.chutes or (None,):
                found.setdefault(chute, []).append(cord)
        return found

    def cords_of(self, chute: Chute, *, loose: bool = True) -> list[Cord]:
        """The cords and jobs of one chute; `loose` are those of which it cannot be told whose."""
        own = self._cords_of.get(chute, [])
        return [*own, *self._cords_of.get(None, [])] if loose else own

    def handed_on(self, chute: Chute) -> bool:
        """Is it an argument of a call of something that cannot be read here?"""
        module = home(chute.node)
        return bool(chute.variable) and any(
            isinstance(argument, ast.Name)
            and argument.id == chute.variable
            and isinstance(call.func, ast.Name | ast.Attribute)
            and not (full_name(call.func, module) or "").startswith(_NO_CORDS)
            and local_function(call.func, scope_of(call, self)) is None
            for call in module.of(ast.Call)
            for argument in (*call.args, *(keyword.value for keyword in call.keywords))
        )

    @cached_property
    def hooks(self) -> list[Hook]:
        """Every start-up and shutdown hook."""
        return [thing for thing in self._decorated if isinstance(thing, Hook)]

    @cached_property
    def bare_cords(self) -> list[ast.expr]:
        """Decorators `@chute.cord` without the parentheses they need."""
        found: list[ast.expr] = []
        for module in self.modules:
            for function in module.functions:
                for decorator in function.decorator_list:
                    if (
                        isinstance(decorator, ast.Attribute)
                        and decorator.attr in ("cord", "job")
                        and self._receives(decorator.value, function) is not None
                    ):
                        found.append(decorator)
        return found

    @cached_property
    def _decorated(self) -> list[Cord | Hook]:
        found: list[Cord | Hook] = []
        for module in self.modules:
            for function in module.functions:
                for decorator in function.decorator_list:
                    thing = self._decoration(decorator, function)
                    if thing is not None:
                        found.append(thing)
        return found

    def _decoration(self, decorator: ast.expr, function: FunctionNode) -> Cord | Hook | None:
        call = decorator if isinstance(decorator, ast.Call) else None
        target = call.func if call else decorator
        if not isinstance(target, ast.Attribute):
            return None
        chutes = self._receives(target.value, function)
        if chutes is None:
            return None
        if target.attr in ("on_startup", "on_shutdown"):
            return Hook(target.attr, decorator, call, function, chutes)
        own = next((c.kind.method(target.attr) for c in chutes if c.kind.method(target.attr)), None)
        if call is None or (target.attr not in ("cord", "job") and own is None):
            return None
        if target.attr not in ("cord", "job") and "cord" not in target.attr:
            return None
        custom = f"{chutes[0].kind.classes[0].name}.{target.attr}" if own and chutes else ""
        arguments = Arguments(call, scope_of(call, self))
        kind = "job" if target.attr == "job" else "cord"
        return Cord(kind, call, arguments, function, chutes, custom)

    @cached_property
    def _chutes_made_by(self) -> dict[int, tuple[Chute, ...]]:
        found: dict[int, tuple[Chute, ...]] = {}
        for chute in self.chutes:
            found[id(chute.node)] = (*found.get(id(chute.node), ()), chute)
        return found

    def _receives(self, node: ast.expr, function: FunctionNode) -> tuple[Chute, ...] | None:
        """The chutes a decorator belongs to; None when it is no chute's."""
        if isinstance(node, ast.Attribute) and node.attr == "chute":
            node = node.value
        if not isinstance(node, ast.Name):
            return None
        scope = scope_of(function, self)
        found, inside = origin(node, scope)
        if isinstance(found, ast.Attribute) and found.attr == "chute":
            found, _ = origin(found.value, inside)
        if isinstance(found, ast.Call):
            hidden = () if "chute" in node.id.lower() else None
            return self._chutes_made_by.get(id(found), hidden)
        named = tuple(c for c in self.chutes if c.variable == node.id)
        if named and any(home(c.node) is scope.module for c in named):
            return named
        if node.id not in scope.module.bound or _is_parameter(node.id, function):
            return () if "hute" in scope.module.text else None
        # The variable is assigned in a way that hides what: by its name, then.
        return () if "chute" in node.id.lower() and found is node else None

    @cached_property
    def decorated_modules(self) -> list[Module]:
        """The files of what is decorated, once each."""
        return list(dict.fromkeys(home(thing.function) for thing in self._decorated))

    @cached_property
    def cord_functions(self) -> set[FunctionNode]:
        """The functions that answer requests or do jobs."""
        return {cord.function for cord in self.cords}

    @cached_property
    def health_cords(self) -> set[FunctionNode]:
        """The functions that answer health checks."""
        return {cord.function for cord in self.cords if cord.is_health}


def _is_parameter(name: str, function: FunctionNode) -> bool:
    """Is it an argument of a function around this one?"""
    for around in ancestors(function):
        if isinstance(around, ast.FunctionDef | ast.AsyncFunctionDef) and any(
            arg.arg == name for arg in around.args.args
        ):
            return True
    return False
