"""OU: what a cord may return, and streams."""

import ast
from collections.abc import Iterator

from scaffold.check.catalog import check
from scaffold.check.code import calls_in, keyword, last
from scaffold.check.declared import Cord, at
from scaffold.check.model import Answer, Edit, Severity
from scaffold.check.module import ancestors, home, name_space, own_nodes
from scaffold.check.reach import reached
from scaffold.check.repository import Repository
from scaffold.check.returned import returned, returned_model
from scaffold.check.values import Scope, dotted, full_name, origin, read, scope_of

MAX_CHUNKS = 64
_WHOLE = ("StreamingResponse", "FileResponse", "EventSourceResponse")


@check(
    "OU101",
    "A pydantic model is returned",
    Severity.BREAKS,
    each="handler",
    why="""It works under --dev. Behind the platform the answer is written by orjson, which does not
    know models: a 500.""",
    fix="Return model.model_dump().",
    before="return Answer(text=text)",
    after="return Answer(text=text).model_dump()",
)
def model(repository: Repository, cord: Cord) -> Iterator[Answer]:
    """Models made in the function and returned, also inside of dicts and lists."""
    for value, followed in returned(cord, repository):
        kind = returned_model(followed, scope_of(value, repository))
        if kind is not None:
            _, end = home(value).span(value)
            mine = name_space(value) is cord.function  # a helper may have other callers
            edits = [Edit(end, end, ".model_dump()")] if mine else []
            yield at(value, f"{kind.name} cannot be serialised", *edits)


@check(
    "OU102",
    "orjson does not know this type",
    Severity.BREAKS,
    each="handler",
    why="""Sets, bytes, Decimal and dicts with keys that are no texts work under --dev and are a 500
    behind the platform.""",
    fix="""Lists for sets, Response(content=..., media_type=...) for bytes, float or str for
    Decimal.""",
    before="return {'labels': set(labels)}",
    after="return {'labels': sorted(labels)}",
)
def unknown_type(repository: Repository, cord: Cord) -> Iterator[Answer]:
    """Sets, bytes and Decimals that can be seen."""
    for value, followed in returned(cord, repository):
        what = _unserialisable(followed)
        if what:
            yield at(value, f"{what} cannot be serialised")
    for node in cord.returns():
        if isinstance(node, ast.Dict) and any(
            isinstance(key, ast.Constant) and not isinstance(key.value, str) for key in node.keys
        ):
            yield at(node, "a dict whose keys are no texts cannot be serialised")


def _unserialisable(node: ast.expr) -> str:
    if isinstance(node, ast.Set | ast.SetComp):
        return "a set"
    if isinstance(node, ast.Constant) and isinstance(node.value, bytes):
        return "bytes"
    if isinstance(node, ast.Call):
        name = full_name(node.func, home(node)) or ""
        if name in ("set", "frozenset"):
            return "a set"
        if name == "decimal.Decimal":
            return "a Decimal"
        if name in ("bytes", "bytearray") or last(name) == "getvalue":
            return "bytes" if last(name) != "getvalue" or _binary(node) else ""
    return ""


def _binary(node: ast.Call) -> bool:
    """Is it BytesIO().getvalue()?"""
    assert isinstance(node.func, ast.Attribute)
    made = origin(node.func.value, _scope(node))[0]
    return isinstance(made, ast.Call) and last(ast.unparse(made.func)) == "BytesIO"


def _scope(node: ast.AST) -> Scope:
    class Nothing:
        def find(self, dotted: str, beside: object) -> None:
            return None

    return scope_of(node, Nothing())


@check(
    "OU103",
    "A streaming or file response is returned",
    Severity.BREAKS,
    each="handler",
    why="""StreamingResponse and FileResponse work under --dev and are a 500 behind the
    platform, with stream=True everywhere.""",
    fix="Return Response(content=data, media_type=...), or make the function a generator.",
    before="return StreamingResponse(chunks(), media_type='text/event-stream')",
    after="@chute.cord(..., stream=True)\nasync def chat(self, args):\n    yield 'data: ...\\n\\n'",
)
def streaming_response(repository: Repository, cord: Cord) -> Iterator[Answer]:
    """Such calls in a return."""
    for value, followed in returned(cord, repository):
        if isinstance(followed, ast.Call):
            name = last(ast.unparse(followed.func))
            if name in _WHOLE:
                yield at(value, f"{name} fails behind the platform")


def _stream(cord: Cord) -> bool:
    return cord.on("stream") and not cord.value("passthrough").value


@check(
    "OU104",
    "A stream yields something else than text",
    Severity.BREAKS,
    each="handler",
    why="Chunks must be str or bytes: a dict or list breaks the stream.",
    fix='yield f"data: {json.dumps(chunk)}\\n\\n"',
    before="yield {'token': token}",
    after="yield f\"data: {json.dumps({'token': token})}\\n\\n\"",
)
def yields_dict(repository: Repository, cord: Cord) -> Iterator[Answer]:
    """Literals of other types, and models."""
    if not _stream(cord):
        return
    for node in own_nodes(cord.function):
        if isinstance(node, ast.Yield) and node.value is not None:
            odd = isinstance(node.value, ast.Dict | ast.List | ast.Tuple | ast.Set)
            if odd or returned_model(node.value, scope_of(node, repository)) is not None:
                yield at(node, "a chunk must be text or bytes")


@check(
    "OU105",
    "stream=True without a generator",
    Severity.BREAKS,
    each="handler",
    why="The SDK iterates over what a streaming cord gives; a dict or text returned at once fails.",
    fix="yield the chunks, or leave stream=True out.",
    before="@chute.cord(..., stream=True)\nasync def chat(self, args):\n    return {'text': text}",
    after="@chute.cord(..., stream=True)\nasync def chat(self, args):\n    yield 'data: ...\\n\\n'",
)
def no_generator(cord: Cord) -> Iterator[Answer]:
    """Functions that never yield and return something written down."""
    if _stream(cord) and not cord.streams:
        for node in cord.returns():
            if isinstance(node, ast.Dict | ast.List | ast.Constant | ast.JoinedStr):
                yield at(node, f"{cord.function.name}() gives one value, not a stream")


@check(
    "OU106",
    "A generator without stream=True",
    Severity.BREAKS,
    each="handler",
    why="The generator itself is taken for the answer, which cannot be serialised: a 500.",
    fix="Pass stream=True, or return the whole answer.",
    before="@chute.cord(public_api_path='/chat')\nasync def chat(self, args):\n    yield token",
    after="@chute.cord(public_api_path='/chat', stream=True)\nasync def chat(self, args): ...",
)
def not_declared(cord: Cord) -> Iterator[Answer]:
    """Functions that yield, where stream is left out or false."""
    value = cord.value("stream")
    if (
        cord.streams
        and (not value.given or value.value is False)
        and not cord.value("passthrough").given
    ):
        yield at(cord.node, f"{cord.function.name}() yields, and is not declared as a stream")


@check(
    "OU107",
    "Chunks are no events",
    Severity.WEAKENS,
    each="handler",
    why="""The API sends text/event-stream and splits on lines. A chunk without `data: ` and an
    empty line behind it is no event: clients see nothing, or one long line.""",
    fix='yield f"data: {json.dumps(chunk)}\\n\\n"',
    before="yield token + ' '",
    after="yield f'data: {json.dumps(token)}\\n\\n'",
)
def no_events(cord: Cord) -> Iterator[Answer]:
    """Texts that can be seen and hold no `data:`."""
    if not _stream(cord):
        return
    for node in own_nodes(cord.function):
        if isinstance(node, ast.Yield) and isinstance(node.value, ast.JoinedStr | ast.Constant):
            text = "".join(
                str(part.value) for part in ast.walk(node.value) if isinstance(part, ast.Constant)
            )
            literal = isinstance(node.value, ast.JoinedStr) or bool(text.strip())
            starts = text.lstrip().startswith(("data:", "event:", ":", "id:", "retry:"))
            if literal and not starts and not _binary_text(node.value):
                yield at(node, "this chunk is no event: it has no `data: `")


def _binary_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, bytes)


@check(
    "OU108",
    "Clients that leave early block the instance",
    Severity.WEAKENS,
    each="handler",
    why="""When a client leaves a stream with more than 64 chunks still to come, the worker
    thread never comes back. With concurrency up to 3, four such clients freeze every cord,
    /health included. (Measured; passthrough cords do not leak.)""",
    fix="""Send at most 64 chunks (several tokens in each), or relay an engine with
    passthrough=True.""",
    before="for token in tokens:\n    yield event(token)",
    after="for group in batched(tokens, size):  # at most 64 groups\n    yield event(group)",
)
def leaks(repository: Repository, cord: Cord) -> Iterator[Answer]:
    """A yield in a loop that is not over a short range; loops over batches are trusted."""
    if not _stream(cord):
        return
    for node in own_nodes(cord.function):
        if isinstance(node, ast.Yield | ast.YieldFrom):
            loop = next(
                (a for a in ancestors(node) if isinstance(a, ast.For | ast.AsyncFor | ast.While)),
                None,
            )
            inner = loop is not None and loop in own_nodes(cord.function)
            if inner and not _short(loop, repository):
                yield at(node, "nothing bounds how many chunks are sent")
                return


def _short(loop: ast.AST | None, repository: Repository) -> bool:
    if not isinstance(loop, ast.For | ast.AsyncFor):
        return False
    over = loop.iter
    if isinstance(over, ast.List | ast.Tuple):
        return len(over.elts) <= MAX_CHUNKS
    if isinstance(over, ast.Call):
        name = ast.unparse(over.func)
        if name in ("range", "enumerate") and over.args:
            value = read(over.args[-1], scope_of(over, repository))
            return value.known and isinstance(value.value, int) and value.value <= MAX_CHUNKS
        return any(word in name for word in ("batch", "chunk", "group", "bounded"))
    return False


@check(
    "OU109",
    "Binary data is streamed",
    Severity.BREAKS,
    each="cord",
    why="""The API decodes a stream as text and splits it on lines: pictures and sound arrive
    broken.""",
    fix="Return Response(content=data, media_type=...), or send base64 in events.",
    before="@chute.cord(..., stream=True, output_content_type='audio/wav')",
    after="@chute.cord(..., output_content_type='audio/wav')",
)
def binary_stream(cord: Cord) -> Iterator[Answer]:
    """stream=True with a content type of pictures, sound or bytes."""
    value = cord.value("output_content_type")
    if (
        cord.on("stream")
        and value.known
        and isinstance(value.value, str)
        and value.value.startswith(("image/", "audio/", "video/", "application/octet-stream"))
    ):
        yield at(value.node, f"{value.value} does not survive a stream")


@check(
    "OU110",
    "The content type of the answer is not declared",
    Severity.STYLE,
    each="handler",
    why="""Without output_content_type the platform's description of the cord says nothing
    about what comes back, and clients take it for JSON.""",
    fix="Pass output_content_type with the media type of the Response.",
    before="@chute.cord(public_api_path='/generate')\ndef generate(self, args): "
    "return Response(data, media_type='image/jpeg')",
    after="@chute.cord(public_api_path='/generate', output_content_type='image/jpeg')",
)
def undeclared(cord: Cord) -> Iterator[Answer]:
    """A returned Response with a media type, and no output_content_type."""
    if cord.value("output_content_type").given:
        return
    for node in cord.returns():
        if isinstance(node, ast.Call) and last(ast.unparse(node.func)) == "Response":
            kind = keyword(node, "media_type")
            if isinstance(kind, ast.Constant) and kind.value != "application/json":
                yield at(cord.node, f"{cord.function.name}() answers {kind.value!s} unannounced")
                return


@check(
    "OU111",
    "Headers of a response are dropped",
    Severity.WEAKENS,
    each="handler",
    why="""Of a returned Response the API keeps the body and the media type, and no header or
    cookie: not even Content-Type, which only media_type sets. Of an error it keeps the detail.""",
    fix="Put what the client needs into the body.",
    before="return Response(data, media_type='image/png', headers={'X-Seed': str(seed)})",
    after="return {'seed': seed, 'image_b64': base64.b64encode(data).decode()}",
)
def headers(repository: Repository, cord: Cord) -> Iterator[Answer]:
    """What a returned response or a raised error is given, or has set on it afterwards."""
    for value, followed in returned(cord, repository):
        if _response(followed, repository):
            assert isinstance(followed, ast.Call)
            yield from _given(followed)
            if isinstance(value, ast.Name):
                for node in _set_later(value.id, name_space(value)):
                    yield at(node, "this header does not reach the client")
    for function in [cord.function] if cord.custom else reached(cord.function, repository):
        for call, name in calls_in(function):
            raised = any(isinstance(around, ast.Raise) for around in ancestors(call)[:1])
            given = _headers(call) if raised and last(name) == "HTTPException" else None
            if given is not None:
                yield at(given, "the headers of an error do not reach the client")


def _response(node: ast.expr, repository: Repository) -> bool:
    """Is it a response whose body arrives? Those of OU103 do not arrive at all."""
    if (
        not isinstance(node, ast.Call)
        or returned_model(node, scope_of(node, repository)) is not None
    ):
        return False
    name = last(dotted(node.func) or "")
    return name.endswith("Response") and name not in _WHOLE


def _headers(call: ast.Call) -> ast.expr | None:
    """The headers that a response or an error is given, by name or as the third argument."""
    given = keyword(call, "headers") or (call.args[2] if len(call.args) > 2 else None)
    empty = isinstance(given, ast.Constant) or (isinstance(given, ast.Dict) and not given.keys)
    return None if empty else given


def _given(call: ast.Call) -> Iterator[Answer]:
    given = _headers(call)
    if given is None:
        return
    names = given.keys if isinstance(given, ast.Dict) else [None]
    kinds = [str(n.value).lower() if isinstance(n, ast.Constant) else "" for n in names]
    if set(kinds) != {"content-type"}:
        yield at(given, "these headers do not reach the client")
    elif last(dotted(call.func) or "") == "Response" and keyword(call, "media_type") is None:
        told = "the content type does not reach the client"
        yield at(given, told, fix="Pass media_type= instead.")


def _set_later(name: str, function: ast.AST) -> Iterator[ast.AST]:
    """Where a function sets headers or cookies of the response that it calls so."""
    for node in own_nodes(function):
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
            if dotted(node.value) == f"{name}.headers":
                yield node
        elif isinstance(node, ast.Call) and dotted(node.func) in (
            f"{name}.headers.update",
            f"{name}.headers.append",
            f"{name}.headers.setdefault",
            f"{name}.set_cookie",
        ):
            yield node
