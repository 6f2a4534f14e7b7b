"""What the installed SDK does, asked of the SDK itself: one function for each fact that can be.

A probe returns plain data, which `platform_facts.py` compares with docs/platform.yml. None of them
needs an account, a GPU or a network; the commands talk to a server on loopback.
"""

import ast
import asyncio
import base64
import gzip
import importlib
import importlib.util
import inspect
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import CodeType, SimpleNamespace
from typing import Any
from unittest import mock

from sdk_commands import Commands

PROBES: dict[str, Callable[[], Any]] = {}
DIGEST = "sha256:" + "0" * 64
A_CHUTE = {"username": "alice", "name": "Demo", "image": "alice/demo:1.0"}


def probe(function: Callable[[], Any]) -> Callable[[], Any]:
    """Give a probe its name in the table."""
    PROBES[function.__name__] = function
    return function


def version() -> str:
    """Return the version of the SDK that is asked."""
    found: str = importlib.import_module("chutes._version").version
    return found


def _chute(**settings: Any) -> Any:
    return importlib.import_module("chutes.chute").Chute(**{**A_CHUTE, **settings})


def _image(name: str = "demo", tag: str = "1.0") -> Any:
    return importlib.import_module("chutes.image").Image(username="alice", name=name, tag=tag)


def _signature(function: Any, skip: int = 1) -> dict[str, Any]:
    """Its parameters with their defaults, without the first ones."""
    parameters = list(inspect.signature(function).parameters.values())[skip:]
    return {
        p.name: "required" if p.default is p.empty else p.default
        for p in parameters
        if p.kind is not p.VAR_KEYWORD
    }


@probe
def chute_signature() -> Any:
    """Return what a chute is declared with."""
    return _signature(importlib.import_module("chutes.chute").Chute.__init__)


@probe
def image_signature() -> Any:
    """Return what an image is declared with."""
    return _signature(importlib.import_module("chutes.image").Image.__init__)


@probe
def cord_signature() -> Any:
    """Return what a cord is declared with."""
    return _signature(importlib.import_module("chutes.chute").Cord.__init__, 2)


@probe
def image_methods() -> Any:
    """Return the names of everything an image can be told."""
    members = inspect.getmembers(importlib.import_module("chutes.image").Image)
    return sorted(name for name, member in members if inspect.isfunction(member) and name[0] != "_")


@probe
def image_bases() -> Any:
    """Return the first lines of the Dockerfile: by default, and on somebody's registry."""
    other = _image().from_base(f"registry.example.com:5000/owner/base:1@{DIGEST}")
    return {"default": str(_image()).splitlines()[0], "other": str(other).splitlines()[0]}


@probe
def ids() -> Any:
    """Return the ids that the SDK computes; names with capitals show whether they count."""
    return {"chute": _chute().uid, "image": _image(name="Demo", tag="V1").uid}


@probe
def unchecked_settings() -> Any:
    """Return which settings that the API refuses the constructor refuses as well."""
    wrong = {
        "concurrency": -5,
        "max_instances": 0,
        "scaling_threshold": 7,
        "name": "no name!",
        "shutdown_after_seconds": 1,
        "revision": "main",
        "username": "a.b",
    }
    return [name for name in wrong if _refuses(partial(_chute, **{name: wrong[name]}))]


@probe
def selector() -> Any:
    """Return the fields of a node selector with their bounds, and whether it knows the GPUs."""
    model = importlib.import_module("chutes.chute").NodeSelector
    fields = {
        name: {"default": field.default}
        | {limit: getattr(bound, limit) for bound in field.metadata for limit in bound.__slots__}
        for name, field in model.model_fields.items()
    }
    unknown = model(include=["no-such-gpu"], no_such_field=1).model_dump()
    return {
        "fields": fields,
        "takes an unknown GPU": unknown["include"] == ["no-such-gpu"],
        "keeps an unknown field": "no_such_field" in unknown,
    }


@probe
def cord_paths() -> Any:
    """Return which public paths the SDK lets pass."""
    paths = ["/v1/models", "/my-path", "/_x", "/1st", "/ping", "/evidence", "/", "/V1", "/a.b"]
    return [path for path in paths if not _refuses(partial(_cord, public_api_path=path))]


def _cord(**settings: Any) -> Any:
    return importlib.import_module("chutes.chute").Cord(_chute(), **settings)


def _refuses(make: Callable[[], Any]) -> bool:
    try:
        make()
    except (ValueError, TypeError, AssertionError):
        return True
    return False


@probe
def published_schema() -> Any:
    """Return whether a schema given as a dict is published as it is, and not validated against."""
    schema = {"type": "object", "properties": {"x": {"type": "integer", "examples": [1]}}}
    cord = _cord(input_schema=schema)
    return {"published": cord.input_schema == schema, "validates": cord.input_models is not None}


@probe
def empty_body() -> Any:
    """Return what a cord with a pydantic schema makes of the body {}."""
    pydantic = importlib.import_module("pydantic")
    cord = _cord(input_schema=pydantic.create_model("Body", x=(int, 1)))
    cord._func = lambda self, body: body
    request = SimpleNamespace(state=SimpleNamespace(decrypted={}))
    try:
        asyncio.run(cord._request_handler(request))
    except Exception as error:
        return type(error).__name__
    return "answered"


@probe
def seconds_of_a_call() -> Any:
    """Return the numbers of seconds, 600 or more, in the code that runs a cord."""
    module = importlib.import_module("chutes.chute.cord").Cord
    return sorted(n for n in _numbers(module._remote_call.__code__) if n >= 600)


@probe
def chunks_held_back() -> Any:
    """Return how many chunks of a stream may wait for its client."""
    generator = importlib.import_module("chutes.chute.cord").Cord._iter_generator_in_thread
    return sorted(n for n in _numbers(generator.__code__) if n > 1)


def _numbers(code: CodeType) -> set[int]:
    found = {n for n in code.co_consts if type(n) is int}
    return found.union(
        *(_numbers(inner) for inner in code.co_consts if isinstance(inner, CodeType))
    )


@probe
def served_routes() -> Any:
    """Return where a cord is served: under --dev, and on the platform."""
    return {"dev": _routes("true"), "platform": _routes("false")}


def _routes(development: str) -> list[str]:
    chute = _chute(openapi_url=None, docs_url=None, redoc_url=None)

    @chute.cord(public_api_path="/v1/facts", public_api_method="GET")  # type: ignore[untyped-decorator]
    async def facts(self: Any) -> dict[str, str]:
        return {}

    environment = {"CHUTES_EXECUTION_CONTEXT": "REMOTE", "CHUTES_DEV_MODE": development}
    with mock.patch.dict("os.environ", environment):
        asyncio.run(chute.initialize())
    return [f"{method} {route.path}" for route in chute.routes for method in sorted(route.methods)]


@probe
def hooks() -> Any:
    """Return the order of start-up hooks, and which files mention those of shutdown."""
    chute, ran = _chute(), list[str]()
    for name, priority in (("last", 90), ("first", 10)):
        chute.on_startup(priority=priority)(lambda self, name=name: ran.append(name))
    with mock.patch.dict("os.environ", {"CHUTES_EXECUTION_CONTEXT": "REMOTE"}):
        asyncio.run(chute.initialize())
    mentions = [
        path.relative_to(_package()).as_posix()
        for path in sorted(_package().rglob("*.py"))
        if "_shutdown_hooks" in path.read_text(encoding="utf-8")
    ]
    return {"startup": ran, "shutdown": mentions}


def _package() -> Path:
    return Path(importlib.import_module("chutes").__file__ or "").parent


@probe
def own_routes() -> Any:
    """Return the paths that `chutes run` adds beside the cords."""
    return sorted(_literals("entrypoint/run.py", "add_api_route"))


@probe
def attestation_server() -> Any:
    """Return the paths and the port of the SDK's attestation server."""
    verify = importlib.import_module("chutes.entrypoint.verify")
    with mock.patch.dict("os.environ"):
        return {
            "paths": [verify.TEE_VERIFICATION_ENDPOINT, verify.TEE_EVIDENCE_RUNTIME_ENDPOINT],
            "port": verify._parse_evidence_port(),
        }


def _literals(file: str, method: str) -> Iterator[str]:
    """First arguments, where they are texts, of all calls of a method in one file."""
    for node in ast.walk(ast.parse((_package() / file).read_text(encoding="utf-8"))):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == method
            and node.args
            and isinstance(node.args[0], ast.Constant)
        ):
            yield str(node.args[0].value)


@probe
def middleware() -> Any:
    """Return what the production middleware answers: with room, full, and on the SDK's own paths.

    Only its cryptography and its check of the validator's signature are replaced.
    """
    return asyncio.run(_middleware())


async def _middleware() -> dict[str, Any]:
    run = importlib.import_module("chutes.entrypoint.run")
    responses = importlib.import_module("starlette.responses")
    requests = importlib.import_module("starlette.requests")
    bodies: list[Any] = []

    async def authenticated(request: Any) -> tuple[bytes, None]:
        return await request.body(), None

    async def application(scope: Any, receive: Any, send: Any) -> None:
        request = requests.Request(scope, receive)
        bodies.append([request.url.path, getattr(request.state, "decrypted", None)])
        await responses.PlainTextResponse("fine")(scope, receive, send)

    app = run.GraValMiddleware(application, concurrency=1)
    with (
        mock.patch.object(run, "authenticate_request", authenticated),
        mock.patch.object(run, "aegis_decrypt", lambda sealed: sealed),
        mock.patch.object(run, "aegis_encrypt", lambda plain: plain),
    ):
        with_room = await _asked(app, "POST", "/predict", b'{"x": 1}')
        with mock.patch.dict(run._conn_stats.requests_in_flight, {"other": 1e12}):
            full = await _asked(app, "GET", "/health")
            own = await _asked(app, "GET", "/_facts")
        plain = await _asked(app, "GET", "/health", sealed=False)
    return {
        "with room": [with_room[0], sorted(h for h in with_room[1] if h.startswith("x-"))],
        "body": bodies[0],
        "full": [full[0], full[2]],
        "own path when full": own[0],
        "not encrypted": plain[0],
    }


async def _asked(
    app: Any, method: str, path: str, body: bytes = b"", *, sealed: bool = True
) -> tuple[int, dict[str, str], str]:
    """One request as the platform sends it: the path in hexadecimal, the body in base64."""
    sent = base64.b64encode(gzip.compress(body)) if body else b""
    scope = {
        "type": "http",
        "method": method,
        "query_string": b"",
        "headers": [],
        "path": f"/{path.encode().hex()}" if sealed else path,
        "root_path": "",
        "scheme": "http",
        "client": ("10.0.0.9", 40000),
        "server": ("10.0.0.1", 8000),
        "http_version": "1.1",
    }
    messages: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": sent, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        messages.append(message)

    await app(scope, receive, send)
    headers = {name.decode().lower(): value.decode() for name, value in messages[0]["headers"]}
    content = b"".join(message.get("body", b"") for message in messages[1:])
    return messages[0]["status"], headers, content.decode()


@probe
def user_names() -> Any:
    """Return which user names that the API takes `chutes register` refuses when it asks."""
    check = importlib.import_module("chutes.util.user").validate_the_username
    names = ["abc", "A_9", "a-b", "x" * 15]
    return [name for name in names if _refuses(partial(check, name))]


@probe
def signed_text() -> Any:
    """Return what a signature signs: of a body, and of a request without one."""
    message = importlib.import_module("chutes.util.auth").get_signing_message
    return [message("hotkey", "1", "{}"), message("hotkey", "1", None, purpose="me")]


@contextmanager
def _commands() -> Iterator[Commands]:
    with Commands.ready() as commands:
        yield commands


@probe
def configuration() -> Any:
    """Return whose API address counts, when the file and the environment name one each."""
    with _commands() as commands:
        return commands.addresses()


@probe
def build_form() -> Any:
    """Return the form that `chutes build` sends for an image without a readme."""
    with _commands() as commands:
        return commands.form()


@probe
def build_exit_codes() -> Any:
    """Return the exit code of `chutes build` by what the API answers."""
    with _commands() as commands:
        return {
            "202": commands.build(202, {"image_id": "x"}).code,
            "409": commands.build(409, {"detail": "exists"}).code,
            "422": commands.build(422, {"detail": "wrong"}).code,
            "429": commands.build(429, {"detail": "too many"}).code,
            "there already": commands.build(202, {"image_id": "x"}, image=200).code,
            "answered with no": commands.build(202, {"image_id": "x"}, say="n\n").code,
        }


@probe
def deploy_body() -> Any:
    """Return the fields that `chutes deploy` sends, and where it says that the fee is accepted."""
    with _commands() as commands:
        sent = commands.deploy(200, {"chute_id": "x", "version": "y"}, "--accept-fee").sent
        body = sent.json()
        return {
            "to": sent.target,
            "fields": sorted(body),
            "cord": sorted(body["cords"][0]),
            "tee": body["tee"],
        }


@probe
def deploy_exit_codes() -> Any:
    """Return the exit code of `chutes deploy` by what the API answers."""
    done = {"chute_id": "x", "version": "y"}
    with _commands() as commands:
        return {
            "200": commands.deploy(200, done).code,
            "400": commands.deploy(400, {"detail": "wrong"}).code,
            "402": commands.deploy(402, {"detail": "fee"}).code,
            "403": commands.deploy(403, {"detail": "no"}).code,
            "409": commands.deploy(409, {"detail": "same"}).code,
            "500 without JSON": commands.deploy(500, "Internal Server Error").code,
            "image not built": commands.deploy(200, done, image="building").code,
            "answered with no": commands.deploy(200, done, say="n\n").code,
        }


@probe
def refusal_on_the_terminal() -> Any:
    """Return the record in which `chutes deploy` shows why it was refused."""
    with _commands() as commands:
        shown = {
            "402": commands.deploy(402, {"detail": "what it costs"}).output,
            "400": commands.deploy(400, {"detail": "what is wrong"}).output,
        }
    record = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+ *\| *ERROR *\| *\S+ - (.*)")
    return {status: record.findall(output) for status, output in shown.items()}
