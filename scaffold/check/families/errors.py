"""ER: what clients learn when something fails."""

import ast
from collections.abc import Iterator

from scaffold.check.catalog import check
from scaffold.check.code import calls_in, constant, keyword, last, names_in, status_of
from scaffold.check.declared import Cord, at, literals, unsure
from scaffold.check.model import Answer, Severity
from scaffold.check.module import FunctionNode, Module, ancestors, own_nodes, parent
from scaffold.check.repository import Repository
from scaffold.check.values import read, scope_of

DELIVERED = {400, 429}
# What a failure ends as for the client, whether it is raised as a status or as an exception.
FAILED = 500
_RESPONSES = {"Response", "JSONResponse", "PlainTextResponse", "ORJSONResponse", "HTMLResponse"}


def _status(node: ast.expr, repository: Repository) -> tuple[int | None, str]:
    """A status code that can be seen, also as fastapi.status.HTTP_404_NOT_FOUND."""
    if isinstance(node, ast.Attribute) and node.attr.startswith("HTTP_"):
        number = node.attr.split("_")[1]
        return (int(number), "") if number.isdigit() else (None, "an unknown constant")
    value = read(node, scope_of(node, repository))
    if not value.known:
        return None, value.why
    return (value.value, "") if isinstance(value.value, int) else (None, "it is no number")


@check(
    "ER101",
    "This error status never reaches the client",
    Severity.BREAKS,
    each="function",
    why="""The platform delivers 400 and 429. Any other status is retried on other instances
    (the work is done again), ends as a 500, and counts as a failure of the instance; seven in
    a row remove it.""",
    fix="Use 400 for what the client did wrong and 429 for too busy; let real failures raise.",
    before="raise HTTPException(status_code=422, detail='prompt is empty')",
    after="raise HTTPException(status_code=400, detail='prompt is empty')",
)
def undelivered(repository: Repository, function: FunctionNode) -> Iterator[Answer]:
    """HTTPException with another status; health cords have a check of their own.

    A 500 is what a failure ends as in any case.
    """
    if not repository.health_cords.isdisjoint((function, *ancestors(function))):
        return
    for call, name in calls_in(function):
        if last(name) != "HTTPException":
            continue
        node = status_of(call)
        if node is None:
            continue
        status, why = _status(node, repository)
        if status is None:
            yield unsure(call, f"the status cannot be seen: {why}")
        elif status not in DELIVERED | {FAILED}:
            yield at(call, f"status {status} is retried elsewhere and reaches the client as 500")


@check(
    "ER102",
    "An error is answered with status 200",
    Severity.WEAKENS,
    each="handler",
    why="""A status inside of the body is only text: the client gets 200, and so do monitors and
    retries.""",
    fix="raise HTTPException(400, ...) or 429.",
    before="return {'error': 'not allowed', 'status': 401}",
    after="raise HTTPException(status_code=400, detail='not allowed')",
)
def error_in_body(cord: Cord) -> Iterator[Answer]:
    """Returned dicts with an error and a numeric status, or nothing but an error."""
    if cord.is_health:
        return
    for node in cord.returns():
        if isinstance(node, ast.Dict):
            keys = [constant(key) for key in node.keys]
            numbers = [
                constant(value)
                for key, value in zip(keys, node.values, strict=True)
                if key in ("status", "status_code", "code")
            ]
            errors = {"error", "errors"} & {key for key in keys if isinstance(key, str)}
            if any(isinstance(n, int) and not isinstance(n, bool) and n >= 400 for n in numbers):
                yield at(node, "the client gets this with status 200")
            elif errors and len(keys) == 1:
                yield at(node, "this error is answered with status 200")


def _caught(node: ast.AST) -> str:
    """The name of the exception that is being handled here."""
    for around in ancestors(node):
        if isinstance(around, ast.ExceptHandler) and around.name:
            return around.name
        if isinstance(around, ast.FunctionDef | ast.AsyncFunctionDef):
            return ""
    return ""


def _delivered(call: ast.Call, repository: Repository) -> bool:
    """May clients see what this HTTPException says? Of a status that can be seen, of a 400 only.

    A 429 is answered in the gateway's own words, every other status with its 500.
    """
    node = status_of(call)
    return node is None or _status(node, repository)[0] in (None, 400)


def _shows(node: ast.AST, name: str) -> bool:
    """Does the text of the exception become part of this expression?"""
    for part in ast.walk(node):
        if isinstance(part, ast.FormattedValue) and name in names_in(part.value):
            return not _only_type(part.value, name)
        if (
            isinstance(part, ast.Call)
            and isinstance(part.func, ast.Name)
            and part.func.id in ("str", "repr")
            and part.args
            and name in names_in(part.args[0])
        ):
            return isinstance(part.args[0], ast.Name)
    return False


def _only_type(node: ast.AST, name: str) -> bool:
    text = ast.unparse(node)
    return text.startswith(f"type({name})") or text.startswith(f"{name}.__class__")


@check(
    "ER103",
    "The text of an exception is sent to the client",
    Severity.WEAKENS,
    each="function",
    why="""Messages of libraries hold paths, settings, parts of other requests and sometimes
    secrets; to the client they say nothing that helps.""",
    fix="Log the exception, and answer with a sentence of your own.",
    before="except Exception as e:\n    raise HTTPException(400, detail=str(e))",
    after="except Unreadable:\n    raise HTTPException(400, detail='image: is no PNG or JPEG')",
)
def leaks_exception(repository: Repository, function: FunctionNode) -> Iterator[Answer]:
    """str(e) or {e} of a broad exception in HTTPException or a returned or yielded value."""
    for node in own_nodes(function):
        name = _caught(node)
        if not name or not _broad(node):
            continue
        shown: ast.expr | None = None
        if isinstance(node, ast.Call) and last(_name(node)) == "HTTPException":
            shown = node if _delivered(node, repository) else None
        elif isinstance(node, ast.Return | ast.Yield) and node.value is not None:
            shown = node.value
        told = function in repository.answering or isinstance(node, ast.Call)
        if told and shown is not None and _shows(shown, name):
            yield at(node, f"the client is told the text of {name}")


def _name(call: ast.Call) -> str:
    return ast.unparse(call.func)


_ANY = {"Exception", "BaseException"}


def _broad(node: ast.AST) -> bool:
    """Is the innermost handler one for nearly any exception?"""
    for around in ancestors(node):
        if isinstance(around, ast.ExceptHandler):
            return _catches(around, {*_ANY, "RuntimeError", "OSError"})
    return False


def _catches(handler: ast.ExceptHandler, kinds: set[str]) -> bool:
    """Is it for one of these, or for everything?"""
    if handler.type is None:
        return True
    return any(last(ast.unparse(part)) in kinds for part in _types(handler.type))


def _types(node: ast.expr) -> list[ast.expr]:
    return list(node.elts) if isinstance(node, ast.Tuple) else [node]


@check(
    "ER104",
    "A stack trace is sent to the client",
    Severity.WEAKENS,
    each="function",
    why="""A trace shows files, versions, values and the structure of the code to anybody who
    can make a request fail.""",
    fix="Log it; answer with a sentence and an id to find the log line by.",
    before="raise HTTPException(400, detail=traceback.format_exc())",
    after=(
        "logger.exception('generation failed')\n"
        "raise HTTPException(400, detail='generation failed')"
    ),
)
def trace(repository: Repository, function: FunctionNode) -> Iterator[Answer]:
    """traceback.format_exc() below a return, a yield or an HTTPException that is delivered."""
    for call, name in calls_in(function):
        if name.startswith("traceback.format") or name.endswith(".format_exc"):
            for around in ancestors(call):
                if isinstance(around, ast.Return | ast.Yield) or (
                    isinstance(around, ast.Call)
                    and last(_name(around)) == "HTTPException"
                    and _delivered(around, repository)
                ):
                    yield at(call, "the trace becomes part of the answer")
                    break
                if isinstance(around, ast.stmt):
                    break


@check(
    "ER105",
    "The status of a returned response is dropped",
    Severity.BREAKS,
    each="handler",
    why="""Of a returned Response the API keeps the body and the media type. Its status code is not
    delivered: the client sees 200, or a retry and a 500.""",
    fix="raise HTTPException(400 or 429, ...).",
    before="return JSONResponse({'error': 'too long'}, status_code=413)",
    after="raise HTTPException(status_code=400, detail='too long')",
)
def dropped_status(repository: Repository, cord: Cord) -> Iterator[Answer]:
    """Responses with a status other than 200 that a cord returns."""
    for node in cord.returns():
        if isinstance(node, ast.Call) and last(_name(node)) in _RESPONSES:
            given = keyword(node, "status_code")
            if given is not None:
                status, why = _status(given, repository)
                if status is None:
                    yield unsure(node, f"the status cannot be seen: {why}")
                elif status != 200:
                    yield at(
                        node,
                        f"status {status} is not delivered",
                        fix=_RAISE if status >= FAILED else "",
                    )


_RAISE = "Let the exception out: the client gets a 500 once other instances have been tried."


@check(
    "ER106",
    "pydantic 1's error types never match",
    Severity.BREAKS,
    each="module",
    why="""pydantic 2 says `missing` and `string_too_short`; a table keyed on value_error.missing or
    type_error.integer matches nothing, and raw messages are shown.""",
    fix="Use pydantic 2's types: missing, int_parsing, string_too_short, ...",
    before="MESSAGES = {'value_error.missing': 'is required'}",
    after="MESSAGES = {'missing': 'is required'}",
)
def old_error_types(module: Module) -> Iterator[Answer]:
    """Such texts."""
    for node, text in literals(module.of(ast.Constant)):
        if text.startswith(("value_error.", "type_error.")) and " " not in text and len(text) < 60:
            yield at(node, f"{text} is an error type of pydantic 1")


@check(
    "ER107",
    "A handler catches everything and says nothing",
    Severity.WEAKENS,
    each="function",
    why="""`except Exception: pass` hides the failure from the log and answers with whatever is
    left, often null.""",
    fix="Catch what you expect; log and re-raise the rest.",
    before="try:\n    self.warm()\nexcept Exception:\n    pass",
    after="try:\n    self.warm()\nexcept TimeoutError:\n    logger.warning('warm-up timed out')",
)
def swallowed(function: FunctionNode) -> Iterator[Answer]:
    """Broad handlers whose body is pass or `...`."""
    for node in own_nodes(function):
        if isinstance(node, ast.ExceptHandler) and len(node.body) == 1:
            broad = node.type is None or ast.unparse(node.type) in ("Exception", "BaseException")
            only = node.body[0]
            empty = isinstance(only, ast.Pass) or (
                isinstance(only, ast.Expr) and constant(only.value) is Ellipsis
            )
            if broad and empty:
                yield at(node, "whatever goes wrong here is never heard of")


@check(
    "ER108",
    "A failure is answered as too busy",
    Severity.COSTS,
    each="function",
    why="""A 429 of an instance says that all its places are taken. The autoscaler reads it as load,
    and the client is told "Infrastructure is at maximum capacity, try again later", whatever went
    wrong, and tries again.""",
    fix="400 for what the client did wrong; let failures raise. 429 is for too busy alone.",
    before="except Exception as e:\n    raise HTTPException(429, detail=str(e))",
    after="except Exception:\n    logger.exception('the engine failed')\n    raise",
)
def busy(repository: Repository, function: FunctionNode) -> Iterator[Answer]:
    """HTTPException(429) where any exception is caught, unless it is of waiting for a place."""
    for call, name in calls_in(function):
        node = status_of(call) if last(name) == "HTTPException" else None
        if node is None or _status(node, repository)[0] != 429:
            continue
        handler = next((a for a in ancestors(call) if isinstance(a, ast.ExceptHandler)), None)
        if handler is not None and _catches(handler, _ANY) and not _waits(handler):
            yield at(call, "whatever fails here is answered with 429")


def _waits(handler: ast.ExceptHandler) -> bool:
    """Does what it guards take a place in a queue, a pool or a lock?"""
    attempt = ast.Module(getattr(parent(handler), "body", []), [])
    return not names_in(attempt).isdisjoint({"acquire", "put", "put_nowait", "submit"})
