"""What a cord answers, and what its returns become: a model, bytes, or events."""

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from scaffold.adopt.ledger import At, Ledger
from scaffold.adopt.shapes import JSON, MEDIA, class_of, response_of, shape_of
from scaffold.adopt.source import Source
from scaffold.check.code import is_model, keyword, last
from scaffold.check.declared import Cord
from scaffold.check.model import Edit
from scaffold.check.module import FunctionNode, home, own_nodes
from scaffold.check.values import Modules, dotted, local_class, read, scope_of

EVENTS = "text/event-stream"
# Calls that make bytes, whatever they are called on.
_BYTES = {"getvalue", "read", "tobytes", "b64decode", "encode", "bytes", "read_bytes", "getbuffer"}


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
    calls = [response_of(node.value, modules) for node in returns if node.value is not None]
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
    return MEDIA[last(dotted(call.func) or "")]


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
        found = response_of(value, modules)
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
    shape = {} if own else shape_of(plain, modules)
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
    return Answer("json", class_name, class_of(class_name, cord, shape, plain, modules))


def _refuses(node: ast.Return, modules: Modules) -> bool:
    call = response_of(node.value, modules) if node.value is not None else None
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
    response = response_of(node.value, modules)
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
