"""Where what a client sends gets to: from a cord's parameter through names and calls."""

import ast
from collections.abc import Iterator

from scaffold.check.code import calls_in, fields, last, model_class, validated
from scaffold.check.declared import Cord
from scaffold.check.module import FunctionNode, home, own_nodes, parameters
from scaffold.check.reach import callee
from scaffold.check.values import Modules, full_name, local_class, scope_of

# What stays a client's when it goes through: methods of texts and dicts, and these calls.
_METHODS = {
    "get",
    "strip",
    "lstrip",
    "rstrip",
    "lower",
    "upper",
    "replace",
    "split",
    "rsplit",
    "encode",
    "decode",
    "format",
    "join",
    "removeprefix",
    "removesuffix",
    "model_dump",
    "dict",
    "pop",
    "values",
    "items",
    "keys",
    "copy",
}
_CALLS = {
    "str",
    "bytes",
    "dict",
    "list",
    "tuple",
    "set",
    "sorted",
    "reversed",
    "iter",
    "next",
    "zip",
    "map",
    "filter",
    "enumerate",
    "os.path.join",
    "pathlib.Path",
    "Path",
    "base64.b64decode",
    "bytes.fromhex",
    "io.BytesIO",
    "urllib.parse.unquote",
    "os.fspath",
    "os.path.expanduser",
}
# Types in which no text of the client's choice fits.
_HARMLESS = {"int", "float", "bool", "Literal", "UUID", "datetime", "date", "Enum"}
_ROUNDS = 3
# By name: the class when the whole object is the client's, else None.
Held = dict[str, ast.ClassDef | None]


class Client:
    """What of each function that runs for a cord is the client's."""

    def __init__(self, modules: Modules, cord: Cord) -> None:
        self._modules = modules
        self.held: dict[FunctionNode, Held] = {}
        scope = cord.arguments.scope
        first = {arg.arg: model_class(arg.annotation, scope) for arg in cord.parameters}
        self._follow(cord.function, first, 0)

    def _follow(self, function: FunctionNode, given: Held, depth: int) -> None:
        known = self.held.setdefault(function, {})
        if depth > 6 or (depth and set(given) <= set(known)):
            return
        known |= given
        nodes = own_nodes(function)
        for _ in range(_ROUNDS):
            before = len(known)
            for node in nodes:
                self._assigned(node, known)
            if len(known) == before:
                break
        for node in nodes:
            if isinstance(node, ast.Call):
                called = callee(node.func, scope_of(node, self._modules))
                if called is not None and called is not function:
                    self._follow(called, self._passed(node, called, known), depth + 1)
                for handed, gets in self._handed(node, known):
                    self._follow(handed, gets, depth + 1)

    def _handed(self, call: ast.Call, known: Held) -> Iterator[tuple[FunctionNode, Held]]:
        """Functions that a call is given to call, and what of the client's they get.

        That is what stands behind them, as in `to_thread(convert, url)`; and of a class's method
        that stands alone, as in `workshop.answer(job, Model.draw)`, the request before it.
        """
        scope = scope_of(call, self._modules)
        for place, named in enumerate(call.args):
            if not isinstance(named, ast.Name | ast.Attribute):
                continue
            called = callee(named, scope)
            if called is None:
                continue
            own = parameters(called)
            own = own[1:] if isinstance(named, ast.Attribute) and _is_method(called) else own
            pairs = zip(own, call.args[place + 1 :], strict=False)
            gets = {
                arg.arg: self._class_of(value, known)
                for arg, value in pairs
                if self._holds(value, known)
            }
            unbound = isinstance(named, ast.Attribute) and local_class(named.value, scope)
            if unbound and own and any(self._holds(each, known) for each in call.args[:place]):
                inside = scope_of(called, self._modules)
                gets.setdefault(own[0].arg, model_class(own[0].annotation, inside))
            if gets:
                yield called, gets

    def _assigned(self, node: ast.AST, known: Held) -> None:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                self._bind(target, node.value, known)
        elif isinstance(node, ast.AnnAssign | ast.NamedExpr | ast.AugAssign):
            self._bind(node.target, node.value, known)
        elif isinstance(node, ast.For | ast.AsyncFor | ast.comprehension):
            self._bind(node.target, node.iter, known)

    def _bind(self, target: ast.expr, value: ast.expr | None, known: Held) -> None:
        if value is None:
            return
        if isinstance(target, ast.Starred):
            self._bind(target.value, value, known)
        elif isinstance(target, ast.Tuple | ast.List):
            parts = _parts(value, len(target.elts))
            for one, its in zip(target.elts, parts, strict=True):
                self._bind(one, its, known)
        elif isinstance(target, ast.Name) and self._holds(value, known):
            known.setdefault(target.id, self._class_of(value, known))

    def _class_of(self, value: ast.expr, known: Held) -> ast.ClassDef | None:
        return known.get(value.id) if isinstance(value, ast.Name) else None

    def _passed(self, call: ast.Call, called: FunctionNode, known: Held) -> Held:
        names = [arg.arg for arg in parameters(called)]
        if isinstance(call.func, ast.Attribute) and _is_method(called):
            names = names[1:]
        pairs = [*zip(names, call.args, strict=False)]
        pairs += [(k.arg, k.value) for k in call.keywords if k.arg is not None]
        return {
            name: self._class_of(value, known) for name, value in pairs if self._holds(value, known)
        }

    def sends(self, node: ast.expr, function: FunctionNode) -> bool:
        """Does an expression of that function hold a text of the client's choice?"""
        return self._holds(node, self.held.get(function, {}))

    def unguarded(self, node: ast.expr, function: FunctionNode) -> bool:
        """Does it hold such a text that the function does not compare with what it allows?"""
        if not self.sends(node, function):
            return False
        texts = {
            ast.unparse(part)
            for part in ast.walk(node)
            if isinstance(part, ast.Name | ast.Attribute | ast.Subscript)
            and self.sends(part, function)
        }
        return not texts & set(_guarded(function))

    def functions(self) -> Iterator[FunctionNode]:
        """The functions that get something of the client's."""
        return iter(self.held)

    def _holds(self, node: ast.expr, known: Held) -> bool:
        if isinstance(node, ast.Name):
            return node.id in known
        if isinstance(node, ast.Attribute):
            if node.attr in ("name", "stem", "suffix") and isinstance(node.value, ast.Call):
                return False
            if isinstance(node.value, ast.Name) and known.get(node.value.id) is not None:
                return self._free(known[node.value.id], node.attr)
            return self._holds(node.value, known)
        if isinstance(node, ast.Subscript):
            return self._holds(node.value, known)
        if isinstance(node, ast.JoinedStr):
            return any(
                isinstance(part, ast.FormattedValue)
                and part.format_spec is None
                and self._holds(part.value, known)
                for part in node.values
            )
        if isinstance(node, ast.BinOp):
            return self._holds(node.left, known) or self._holds(node.right, known)
        if isinstance(node, ast.BoolOp):
            return any(self._holds(value, known) for value in node.values)
        if isinstance(node, ast.IfExp):
            return self._holds(node.body, known) or self._holds(node.orelse, known)
        if isinstance(node, ast.List | ast.Tuple | ast.Set):
            return any(self._holds(value, known) for value in node.elts)
        if isinstance(node, ast.Dict):
            return any(self._holds(value, known) for value in node.values)
        if isinstance(node, ast.ListComp | ast.SetComp | ast.GeneratorExp):
            return self._holds(node.elt, known)
        if isinstance(node, ast.DictComp):
            return self._holds(node.value, known)
        if isinstance(node, ast.Await | ast.Starred):
            return self._holds(node.value, known)
        return isinstance(node, ast.Call) and self._through(node, known)

    def _through(self, call: ast.Call, known: Held) -> bool:
        name = full_name(call.func, home(call)) or ""
        if name in _CALLS:
            return any(self._holds(argument, known) for argument in call.args)
        if isinstance(call.func, ast.Attribute) and call.func.attr in _METHODS:
            given = call.args if call.func.attr in ("format", "join") else []
            return any(self._holds(part, known) for part in (call.func.value, *given))
        return False

    def _free(self, kind: ast.ClassDef | None, field: str) -> bool:
        """May a field hold any text? Not when its type or pattern bounds what it can be."""
        found = (
            next((f for f in fields(kind, self._modules) if f.name == field), None)
            if kind is not None
            else None
        )
        if found is None:
            return True
        names = {
            last(ast.unparse(n)) for n in ast.walk(found.annotation) if isinstance(n, ast.Name)
        }
        names |= {n.attr for n in ast.walk(found.annotation) if isinstance(n, ast.Attribute)}
        given = found.value.keywords if isinstance(found.value, ast.Call) else []
        bounded = any(keyword.arg in ("pattern", "regex") for keyword in given)
        texts = names & {"str", "bytes", "Any", "dict", "Dict", "list", "List"}
        inner = names & {"str", "bytes", "Any", "HttpUrl", "AnyUrl", "AnyHttpUrl", "Path"}
        bounded = bounded or bool(validated(found.kind) & {field, "*"})
        return not bounded and (bool(inner) or (bool(texts) and not names & _HARMLESS))


def _is_method(function: FunctionNode) -> bool:
    return [arg.arg for arg in parameters(function)][:1] in (["self"], ["cls"])


def _parts(value: ast.expr, count: int) -> list[ast.expr | None]:
    """What each of so many targets gets of a value: None is nothing of a client's."""
    if isinstance(value, ast.Tuple | ast.List) and len(value.elts) == count:
        return list(value.elts)
    if isinstance(value, ast.Call) and not value.keywords:
        called = full_name(value.func, home(value))
        if called == "enumerate" and count == 2 and value.args:
            return [None, value.args[0]]
        if called == "zip" and len(value.args) == count:
            return list(value.args)
    return [value] * count


def _guarded(function: FunctionNode) -> Iterator[str]:
    """The expressions whose text a function compares with a list or a pattern, or cleans."""
    for node in own_nodes(function):
        if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.In | ast.NotIn):
            yield ast.unparse(node.left)
    for call, name in calls_in(function):
        if last(name) in ("match", "fullmatch", "quote", "basename", "secure_filename", "resolve"):
            yield from map(ast.unparse, call.args)
        if isinstance(call.func, ast.Attribute) and (
            last(name) in ("isalnum", "isdigit", "isidentifier", "is_relative_to", "resolve")
        ):
            yield ast.unparse(call.func.value)
