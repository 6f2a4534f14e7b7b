"""What a cord answers, and what its returns become: a model, bytes, or events."""

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from scaffold.adopt.ledger import At, Ledger
from scaffold.adopt.source import Source
from scaffold.check.code import is_model, keyword, last
from scaffold.check.declared import Cord
from scaffold.check.model import Edit
from scaffold.check.module import FunctionNode, home, own_nodes
from scaffold.check.values import Modules, dotted, local_class, origin, read, scope_of

EVENTS = "text/event-stream"
JSON = "application/json"
_TYPES = {
    "Response": "",
    "StreamingResponse": "",
    "FileResponse": "",
    "PlainTextResponse": "text/plain",
    "HTMLResponse": "text/html",
    "JSONResponse": JSON,
    "ORJSONResponse": JSON,
    "UJSONResponse": JSON,
}
# Calls that make bytes, whatever they are called on.
_BYTES = {"getvalue", "read", "tobytes", "b64decode", "encode", "bytes", "read_bytes", "getbuffer"}
_UNNAMED = {"json", "copy", "dict", "schema", "validate", "construct", "fields"}


@dataclass
class Answer:
    """`kind` is json, or a content type; `returned` is the type of the method in chute.py.

    `text` is the class that was made for it, if any; `joined` says that pieces are put together.
    """

    kind: str
    returned: str
    text: str = ""
    joined: bool = False


def answer(cord: Cord, class_name: str, source: Source, ledger: Ledger, modules: Modules) -> Answer:
    """What a cord answers; edits its returns in `source`."""
    declared = cord.value("output_content_type")
    named = declared.value if declared.known and isinstance(declared.value, str) else ""
    returns = _returns(cord.function)
    calls = [_response(node.value, modules) for node in returns if node.value is not None]
    found = [each for each in calls if each is not None and not _is_error(each)]
    if cord.streams:
        return _streamed(cord, named, source, ledger)
    media = next((kind for each in found if (kind := _media(each, modules))), "")
    if found and media != JSON and (media or named) != JSON:
        kind = media or named or "application/octet-stream"
        if not (media or named):
            ledger.left(
                At.of(cord.function),
                f"the content type of {cord.function.name}",
                "it cannot be seen: say in its cord what it answers",
                "OU110",
            )
        if named and media and named != media:
            ledger.changed(
                At.of(cord.decorator),
                f"{named}, the content type of {cord.function.name}",
                "the answers say another one, which clients got",
                "OU110",
                media,
            )
        return _bytes(cord, kind, returns, source, ledger, modules)
    if named and named not in (JSON, EVENTS):
        return _bytes(cord, named, returns, source, ledger, modules)
    return _json(cord, class_name, returns, source, ledger, modules)


def _returns(function: FunctionNode) -> list[ast.Return]:
    return [node for node in own_nodes(function) if isinstance(node, ast.Return)]


def _response(node: ast.expr, modules: Modules) -> ast.Call | None:
    """The response that an expression makes, if one."""
    found, _ = origin(node, scope_of(node, modules))
    if isinstance(found, ast.Call) and last(dotted(found.func) or "") in _TYPES:
        return found
    return None


def _is_error(call: ast.Call) -> bool:
    status = keyword(call, "status_code")
    value = status.value if isinstance(status, ast.Constant) else None
    return isinstance(value, int) and value >= 400


def _media(call: ast.Call, modules: Modules) -> str:
    node = keyword(call, "media_type")
    if node is not None:
        value = read(node, scope_of(node, modules))
        if value.known and isinstance(value.value, str):
            return value.value.partition(";")[0].strip()
        return ""
    return _TYPES[last(dotted(call.func) or "")]


# --- events ---


def _streamed(cord: Cord, named: str, source: Source, ledger: Ledger) -> Answer:
    whole = bool(named) and named not in (EVENTS, JSON, "text/plain")
    for node in own_nodes(cord.function):
        if isinstance(node, ast.Yield) and node.value is not None:
            source.wrap(node.value, "_chunk(", ")")
    if not whole:
        _unlike_events(cord, ledger)
        return Answer(EVENTS, "Iterator[bytes]")
    ledger.changed(
        At.of(cord.decorator),
        f"{cord.function.name} streams {named}",
        "what is no event is sent whole: the platform's clients do not get pieces of it",
        "OU109",
        "one answer",
    )
    return Answer(named, "bytes", joined=True)


def _unlike_events(cord: Cord, ledger: Ledger) -> None:
    """Say so when pieces are sent that are no events."""
    for node in own_nodes(cord.function):
        if not isinstance(node, ast.Yield) or node.value is None:
            continue
        first: ast.expr = node.value
        while isinstance(first, ast.BinOp) and isinstance(first.op, ast.Add):
            first = first.left
        if isinstance(first, ast.JoinedStr) and first.values:
            first = first.values[0]
        text = first.value if isinstance(first, ast.Constant) else ""
        start = text.decode(errors="replace") if isinstance(text, bytes) else text
        if not (isinstance(start, str) and start.startswith(("data:", "event:", ":"))):
            ledger.left(
                At.of(node),
                f"the pieces that {cord.function.name} yields",
                "clients get them as they were; where they are no events (`data: ...` and an empty "
                "line), say so to `make smoke` or make events of them",
                "OU107",
            )
            return


# --- bytes ---


def _bytes(
    cord: Cord,
    kind: str,
    returns: Sequence[ast.Return],
    source: Source,
    ledger: Ledger,
    modules: Modules,
) -> Answer:
    for node in returns:
        value = node.value
        if value is None:
            continue
        found = _response(value, modules)
        call = found if found is value else None
        if call is not None and _refused(node, call, source, ledger):
            continue
        name = last(dotted(call.func) or "") if call is not None else ""
        inner = keyword(call, "content") if call is not None else None
        inner = inner or (call.args[0] if call is not None and call.args else None)
        if call is None or inner is None or name in ("FileResponse", "StreamingResponse"):
            if call is not None and name == "FileResponse":
                inner = inner or keyword(call, "path")
            if call is None or inner is None:
                if not _makes_bytes(value):
                    source.wrap(value, "_content(", ")")
                continue
            made = "Path(" if name == "FileResponse" else "_content("
            _around(source, call, inner, made, ").read_bytes()" if made == "Path(" else ")")
        elif _makes_bytes(inner):
            _around(source, call, inner, "", "")
        else:
            _around(source, call, inner, "_content(", ")")
        _headers(call, ledger)
    return Answer(kind, "bytes")


def _makes_bytes(node: ast.expr) -> bool:
    if isinstance(node, ast.Constant):
        return isinstance(node.value, bytes)
    return (isinstance(node, ast.Call) and last(dotted(node.func) or "") in _BYTES) or (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in _BYTES
    )


def _headers(call: ast.Call | None, ledger: Ledger) -> None:
    if call is not None and (node := keyword(call, "headers")) is not None:
        ledger.changed(
            At.of(node), "headers of a response", "the platform drops them", "OU111", "left out"
        )


def _around(source: Source, call: ast.Call, inner: ast.expr, before: str, after: str) -> None:
    """Have what is inside of a call in place of the call, within other text."""
    start, end = source.module.span(call)
    first, last_ = source.module.span(inner)
    source.edit(Edit(start, first, before))
    source.edit(Edit(last_, end, after))


def _refused(node: ast.Return, call: ast.Call, source: Source, ledger: Ledger) -> bool:
    """Have a response with an error status raised as what a client can get."""
    if not _is_error(call):
        return False
    inner = keyword(call, "content") or (call.args[0] if call.args else None)
    inner = _sentence(inner)
    told = source.module.source(inner) if inner is not None else '"refused"'
    plain = isinstance(inner, ast.Constant | ast.JoinedStr)
    text = told if plain else f"str({told})"
    source.replace(node, f'raise Refusal(400, "refused", {text})')
    ledger.changed(
        node,
        "a response with an error status",
        "only 400 and 429 reach clients, and the status of what is returned is dropped",
        "ER105",
        "raise Refusal(400, ...)",
    )
    return True


def _sentence(node: ast.expr | None) -> ast.expr | None:
    """The text of an answer that holds nothing but one: {"error": "too long"}."""
    if isinstance(node, ast.Dict) and len(node.values) == 1:
        (only,) = node.values
        if isinstance(only, ast.JoinedStr) or (
            isinstance(only, ast.Constant) and isinstance(only.value, str)
        ):
            return only
    return node


# --- JSON ---


def _json(
    cord: Cord,
    class_name: str,
    returns: Sequence[ast.Return],
    source: Source,
    ledger: Ledger,
    modules: Modules,
) -> Answer:
    function = cord.function
    scope = scope_of(function, modules)
    annotation = function.returns
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        annotation = ast.Name(annotation.value)
    kind = local_class(annotation, scope) if annotation is not None else None
    if kind is None:
        # Without an annotation the class may still be plain to see.
        made = {
            local_class(node.value.func, scope_of(node, modules))
            if isinstance(node.value, ast.Call)
            else None
            for node in returns
        }
        kind = made.pop() if len(made) == 1 else None
    own = kind is not None and is_model(kind, modules) and home(kind) is source.module
    plain = [node for node in returns if not _refuses(node, modules)]
    shape = {} if own else _shape(plain, modules)
    name = source.name(kind.name) if own and kind is not None else class_name
    for node in returns:
        _one(
            node,
            name,
            bool(shape or own),
            source,
            ledger,
            modules,
            kind.name if own and kind is not None else "",
        )
    if own and kind is not None:
        ledger.changed(
            At.of(function),
            f"{kind.name}, which {function.name} returns",
            "the SDK alone cannot send a pydantic model; the kit can",
            "OU101",
        )
        return Answer("json", name)
    return Answer("json", class_name, _class(class_name, cord, shape, plain, modules))


def _refuses(node: ast.Return, modules: Modules) -> bool:
    call = _response(node.value, modules) if node.value is not None else None
    return call is not None and call is node.value and _is_error(call)


def _one(
    node: ast.Return,
    name: str,
    fields: bool,
    source: Source,
    ledger: Ledger,
    modules: Modules,
    own: str,
) -> None:
    make = f"{name}.model_validate(" if fields else f"{name}("
    if node.value is None:
        source.replace(node, f"return {make}None)")
        return
    call = node.value if isinstance(node.value, ast.Call) else None
    if own and call is not None and last(dotted(call.func) or "") == own:
        return
    response = _response(node.value, modules)
    if call is not None and response is call:
        if _refused(node, call, source, ledger):
            return
        inner = keyword(call, "content") or (call.args[0] if call.args else None)
        if inner is not None:
            text = last(dotted(call.func) or "") not in ("JSONResponse", "ORJSONResponse")
            _around(source, call, inner, f"{name}.model_validate_json(" if text else make, ")")
            _headers(call, ledger)
            return
    source.wrap(node.value, make, ")")


def _shape(returns: Sequence[ast.Return], modules: Modules) -> dict[str, str]:
    """The fields of an answer and their types, where every return shows the same ones."""
    found: list[dict[str, str]] = []
    for node in returns:
        value = node.value
        call = _response(value, modules) if value is not None else None
        if value is not None and call is value and isinstance(value, ast.Call):
            if last(dotted(value.func) or "") not in ("JSONResponse", "ORJSONResponse"):
                return {}
            value = keyword(value, "content") or (value.args[0] if value.args else None)
        if value is None:
            return {}
        value, _ = origin(value, scope_of(value, modules))
        if not isinstance(value, ast.Dict) or _mutated(node):
            return {}
        shape = {}
        for key, each in zip(value.keys, value.values, strict=True):
            if not (isinstance(key, ast.Constant) and isinstance(key.value, str)):
                return {}
            if not _is_field(key.value):
                return {}
            shape[key.value] = _type_of(each, modules)
        found.append(shape)
    if not found or any(each.keys() != found[0].keys() for each in found):
        return {}
    return {
        name: kind if all(each[name] == kind for each in found) else "Any"
        for name, kind in found[0].items()
    }


def _mutated(node: ast.Return) -> bool:
    """Is what is returned changed after it was made?"""
    return isinstance(node.value, ast.Name) and node.value.id in home(node).mutated


def _is_field(name: str) -> bool:
    import keyword as words

    return (
        name.isidentifier()
        and not name.startswith(("_", "model_"))
        and name not in _UNNAMED
        and not words.iskeyword(name)
    )


def _type_of(node: ast.expr, modules: Modules) -> str:
    """The type of an expression where it is certain, else Any."""
    found, _ = origin(node, scope_of(node, modules)) if isinstance(node, ast.Name) else (node, None)
    if isinstance(node, ast.Name) and _changes(node):
        return "Any"
    if isinstance(found, ast.Constant) and isinstance(found.value, str | bool | int | float):
        return type(found.value).__name__
    if isinstance(found, ast.JoinedStr):
        return "str"
    if (
        isinstance(found, ast.Compare)
        and len(found.ops) == 1
        and isinstance(found.ops[0], ast.Is | ast.IsNot | ast.In | ast.NotIn)
    ):
        return "bool"
    if isinstance(found, ast.Call) and isinstance(found.func, ast.Name):
        known = {"float": "float", "str": "str", "int": "int", "bool": "bool", "len": "int"}
        return known.get(found.func.id, "Any")
    if isinstance(found, ast.ListComp) and len(found.generators) == 1:
        return f"list[{_type_of(found.elt, modules)}]"
    if isinstance(found, ast.Dict):
        return "dict[str, Any]"
    return "Any"


def _changes(node: ast.Name) -> bool:
    """Is a name given several values where it stands, or changed in place?"""
    module = home(node)
    space = node.__dict__["space"]
    given = module.assigned.get(space, {}).get(node.id, [])
    return len(given) != 1 or node.id in module.mutated


def _class(
    name: str,
    cord: Cord,
    shape: dict[str, str],
    returns: Sequence[ast.Return],
    modules: Modules,
) -> str:
    path = cord.public_path or f"/{cord.function.name}"
    told = f'    """What {path} answers."""\n'
    if shape:
        rows = "".join(f"    {field}: {kind}\n" for field, kind in shape.items())
        return f"class {name}(BaseModel):\n{told}\n{rows}"
    kinds = {
        _container(node.value, modules) if node.value is not None else "Any" for node in returns
    }
    root = kinds.pop() if len(kinds) == 1 else "Any"
    return f"class {name}(RootModel[{root}]):\n{told}"


def _container(node: ast.expr, modules: Modules) -> str:
    found, _ = origin(node, scope_of(node, modules))
    if isinstance(found, ast.Dict | ast.DictComp):
        return "dict[str, Any]"
    if isinstance(found, ast.List | ast.ListComp):
        return "list[Any]"
    return "Any"
