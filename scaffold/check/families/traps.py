"""SD: what the SDK swallows or raises without helping."""

import ast
import difflib
from collections.abc import Iterator

from scaffold.check import sdk, sdk_modules
from scaffold.check.catalog import check
from scaffold.check.code import constant, on_self
from scaffold.check.declared import Chute, Cord, Hook, at, remedy, renamed
from scaffold.check.model import Answer, Edit, Severity
from scaffold.check.module import Module, function_around, home, own_nodes, parameters
from scaffold.check.repository import Repository
from scaffold.check.values import dotted, full_name, origin, scope_of

_MOVED = {
    "chutes.chute.template.tei": "chutes.chute.template.embedding",
    "chutes.client": "plain HTTP requests with an API key",
}


@check(
    "SD101",
    "Chute has no such argument",
    Severity.WEAKENS,
    each="chute",
    why="""Unknown keywords go to FastAPI, which up to 0.164 keeps them in a dict nobody reads
    and from 0.165 raises TypeError. Which of the two is decided by the FastAPI that happens to
    be installed.""",
    fix="Remove it, or correct the name.",
    before="chute = Chute(..., timeout_seconds=60)",
    after="chute = Chute(...)",
)
def keywords(chute: Chute) -> Iterator[Answer]:
    """Keywords outside of the SDK's, FastAPI's and the repository's own."""
    if chute.kind.builder:
        return
    known = {*sdk.CHUTE, *sdk.FASTAPI, *chute.kind.own_names, *sdk.KEEP_WARM}
    for name, keyword in chute.arguments.keywords.items():
        if name not in known:
            near = difflib.get_close_matches(name, sdk.CHUTE, n=1, cutoff=0.75)
            hint = f"; did you mean {near[0]}?" if near else ""
            free = near and near[0] not in chute.arguments
            edits = [renamed(keyword, near[0])] if free else []
            yield at(keyword, f"{name} has no effect{hint}", *edits, fix=remedy(name, near, free))


@check(
    "SD102",
    "Chute lacks an argument",
    Severity.BREAKS,
    each="chute",
    why="username, name and image are required: without one the import ends in TypeError.",
    fix="Pass it.",
    before='chute = Chute(username="alice", name="sdxl")',
    after='chute = Chute(username="alice", name="sdxl", image=image, ...)',
)
def required(chute: Chute) -> Iterator[Answer]:
    """The constructor's parameters without defaults."""
    if not chute.kind.builder:
        missing = [name for name in sdk.REQUIRED["Chute"] if not chute.value(name).given]
        if missing:
            yield at(chute.node, f"{chute.title} needs {', '.join(missing)}")


@check(
    "SD103",
    "The SDK has no such module or name",
    Severity.BREAKS,
    why="""The import fails, in build, deploy and on the platform. Among what the documentation
    imports are chutes.chute.template.tei and chutes.client, which do not exist.""",
    fix="Import what there is; the message names it where something took its place.",
    before="from chutes.chute.template.tei import build_tei_chute",
    after="from chutes.chute.template.embedding import build_embedding_chute",
)
def imports(repository: Repository) -> Iterator[Answer]:
    """Imports below `chutes` that are in no module of the SDK."""
    for module in repository.modules:
        if "chutes" not in module.text or repository.find("chutes", module) is not None:
            continue
        for node in module.of(ast.ImportFrom):
            if not node.level and (node.module or "").partition(".")[0] == "chutes":
                yield from _from(node)
        for plain in module.of(ast.Import):
            for alias in plain.names:
                if alias.name.startswith("chutes.") and alias.name not in sdk_modules.MODULES:
                    yield at(plain, f"there is no {alias.name}")


def _from(node: ast.ImportFrom) -> Iterator[Answer]:
    name = node.module or ""
    if name not in sdk_modules.MODULES:
        instead = f"; use {_MOVED[name]}" if name in _MOVED else ""
        yield at(node, f"there is no {name}{instead}")
        return
    exported = sdk_modules.EXPORTS.get(name)
    for alias in node.names:
        inner = f"{name}.{alias.name}"
        if alias.name == "*" or inner in sdk_modules.MODULES:
            continue
        wrong = exported is not None and alias.name not in exported
        if wrong or (name == "chutes" and alias.name[0].isupper()):
            yield at(node, f"{name} has no {alias.name}")


@check(
    "SD104",
    "A chute has no attribute username",
    Severity.BREAKS,
    each="chute module",
    why="The constructor keeps it as _username: chute.username raises AttributeError.",
    fix="Use a constant of your own.",
    before='f"{chute.username}/{chute.name}"',
    after='f"{USERNAME}/{chute.name}"',
)
def username(repository: Repository, module: Module) -> Iterator[Answer]:
    """Reads of .username on a chute."""
    variables = {chute.variable for chute in repository.chutes if chute.variable}
    hooks = [(hook.function, hook.me) for hook in repository.hooks]
    cords = [
        (c.function, c.function.args.args[0].arg) for c in repository.cords if c.function.args.args
    ]
    for node in module.of(ast.Attribute):
        if (
            isinstance(node.ctx, ast.Load)
            and node.attr == "username"
            and isinstance(node.value, ast.Name)
            and node.value.id in variables
        ):
            yield at(node, "it is called _username")
    for function, me in [*hooks, *cords]:
        if function in module.functions:
            for inner in own_nodes(function):
                if (
                    isinstance(inner, ast.Attribute)
                    and on_self(inner, me) == "username"
                    and isinstance(inner.ctx, ast.Load)
                ):
                    yield at(inner, "it is called _username")


@check(
    "SD105",
    "encrypted_fs does nothing",
    Severity.WEAKENS,
    each="chute",
    why="The platform has switched it off in 2026; the disk is not encrypted because of it.",
    fix="Remove it; in a TEE the memory is protected.",
    before="chute = Chute(..., encrypted_fs=True)",
    after="chute = Chute(..., tee=True)",
)
def encrypted(chute: Chute) -> Iterator[Answer]:
    """encrypted_fs=True."""
    value = chute.value("encrypted_fs")
    if value.known and value.value is True:
        yield at(value.node, "encrypted_fs is ignored by the platform")


@check(
    "SD107",
    "WebSockets do not reach a chute",
    Severity.BREAKS,
    each="chute module",
    why="The API routes plain requests and server-sent events; an upgrade never arrives.",
    fix="A cord with stream=True, or several requests.",
    before="async def talk(self, websocket: WebSocket): ...",
    after="@chute.cord(public_api_path='/talk', stream=True)",
)
def websocket(module: Module) -> Iterator[Answer]:
    """Calls of accept and receive on a parameter typed WebSocket."""
    for node in module.of(ast.arg):
        if node.annotation is not None and ast.unparse(node.annotation) == "WebSocket":
            yield at(node, f"nothing ever connects to {node.arg}")


@check(
    "SD108",
    "passthrough_headers are sent to every engine call",
    Severity.WEAKENS,
    each="chute",
    why="""They are sent to the engine with each request and stand in the module, which is
    uploaded as text: a key in there is no secret.""",
    fix="Make the key at start-up: self.passthrough_headers = {...} in a hook.",
    before='Chute(..., passthrough_headers={"Authorization": "Bearer my-engine-key"})',
    after='self.passthrough_headers = {"Authorization": f"Bearer {key}"}  # in a startup hook',
)
def headers(chute: Chute) -> Iterator[Answer]:
    """A literal Authorization header."""
    value = chute.value("passthrough_headers")
    if value.known and isinstance(value.value, dict):
        for name, text in value.value.items():
            if str(name).lower() == "authorization" and isinstance(text, str) and text.strip():
                yield at(value.node, "the key stands in the module")


@check(
    "SD109",
    "What a builder returns has no decorators",
    Severity.BREAKS,
    why="""build_vllm_chute() and the other builders return a pack of a chute and its cords. It has
    no cord, job or on_startup: the module ends in AttributeError when it is imported, so neither
    build nor deploy gets anywhere. The chute in it is its attribute `chute`.""",
    fix="Decorate with the chute in the pack: @chute.chute.cord(...), @chute.chute.on_startup().",
    before='chute = build_vllm_chute(...)\n\n@chute.cord(public_api_path="/summary")',
    after='chute = build_vllm_chute(...)\n\n@chute.chute.cord(public_api_path="/summary")',
)
def pack(repository: Repository) -> Iterator[Answer]:
    """Cords, jobs and hooks of a name that stands for what a builder returned."""
    things: list[Cord | Hook] = [*repository.cords, *repository.hooks]
    for thing in things:
        decorator = thing.decorator
        target = decorator.func if isinstance(decorator, ast.Call) else decorator
        if not isinstance(target, ast.Attribute) or not isinstance(target.value, ast.Name):
            continue
        made, _ = origin(target.value, scope_of(thing.function, repository))
        if any(chute.node is made and chute.kind.builder for chute in thing.chutes):
            _, end = home(target.value).span(target.value)
            told = f"the pack {target.value.id} has no {target.attr}"
            yield at(decorator, told, Edit(end, end, ".chute"))


@check(
    "SD110",
    "A middleware reads what never arrives",
    Severity.BREAKS,
    each="chute module",
    why="""The API sends an instance the body and a signature of its own. A client's headers,
    cookies and query string stay behind: they are empty for everybody, so that what is told apart
    by them is mixed, and what is let in by them is shut out. Under --dev they arrive.""",
    fix="Send it as a field of the body.",
    before='user = request.headers.get("X-User", "default")  # in a middleware',
    after="user = args.user  # a field of the cord's model",
)
def left_behind(module: Module) -> Iterator[Answer]:
    """Headers that clients send, cookies and the query in functions under chute.middleware()."""
    for function in module.functions:
        given = parameters(function)
        if given and any(map(_middleware, function.decorator_list)):
            for node in own_nodes(function):
                what = _clients(node, given[0].arg)
                if what:
                    yield at(node, f"{what} never reaches an instance")


def _middleware(decorator: ast.expr) -> bool:
    return (
        isinstance(decorator, ast.Call)
        and isinstance(decorator.func, ast.Attribute)
        and decorator.func.attr == "middleware"
    )


def _clients(node: ast.AST, request: str) -> str:
    """What of a client's this reads of the request, if anything."""
    if isinstance(node, ast.Subscript):
        taken, key = dotted(node.value), constant(node.slice)
    elif isinstance(node, ast.Call) and node.args:
        taken, key = (dotted(node.func) or "").removesuffix(".get"), constant(node.args[0])
    else:
        return ""
    kind = (taken or "").removeprefix(f"{request}.")
    if kind not in _PARTS or not isinstance(key, str):
        return ""
    sent = kind == "headers" and key.lower().startswith(_SENT)
    return "" if sent else f"{key}, of a client's {_PARTS[kind]},"


_PARTS = {"headers": "headers", "query_params": "query", "cookies": "cookies"}
# Headers that the connection itself and the API's own calls have.
_SENT = ("content-", "x-chutes-", "x-conn-", "x-e2e-", "host", "user-agent", "accept", "transfer-")


@check(
    "SD111",
    "A context variable does not reach a cord",
    Severity.BREAKS,
    each="chute module",
    why="""Cords run in a pool of threads, which does not take the context of the request along.
    What a middleware sets is unset there: a cord reads the default, for everybody.""",
    fix="Hand it over in the body, or set it in the cord itself.",
    before="user.set(name)  # in a middleware; user.get() in a cord",
    after="user.set(args.user)  # in the cord",
)
def unset(module: Module) -> Iterator[Answer]:
    """set() in a middleware of a ContextVar of the module, which another function gets."""
    for name, values in module.assigned.get(module.tree, {}).items():
        kinds = {full_name(value.func, module) for value in values if isinstance(value, ast.Call)}
        if "contextvars.ContextVar" not in kinds:
            continue
        setting, getting = (
            [
                (call, function_around(call))
                for call in module.of(ast.Call)
                if dotted(call.func) == f"{name}.{method}"
            ]
            for method in ("set", "get")
        )
        setters = {function for _, function in setting}
        if all(function in setters for _, function in getting):
            continue
        for call, function in setting:
            if function is not None and any(map(_middleware, function.decorator_list)):
                yield at(call, f"in a cord {name} still has its default")
