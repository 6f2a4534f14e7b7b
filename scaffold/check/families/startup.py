"""SU: what happens before the first request and at the end."""

import ast
import itertools
import re
from collections.abc import Iterator

from scaffold.check import sdk
from scaffold.check.catalog import check
from scaffold.check.code import (
    calls_among,
    calls_in,
    covers,
    inside_class,
    last,
    loading,
    mentions,
    on_self,
)
from scaffold.check.declared import Chute, Cord, Hook, at, literals, unsure
from scaffold.check.model import Answer, Edit, Severity
from scaffold.check.module import (
    Module,
    ancestors,
    function_around,
    home,
    own_nodes,
)
from scaffold.check.reach import reached
from scaffold.check.repository import Repository
from scaffold.check.values import local_function, scope_of

HEAVY = {
    "torch",
    "torchvision",
    "torchaudio",
    "tensorflow",
    "jax",
    "vllm",
    "sglang",
    "transformers",
    "diffusers",
    "accelerate",
    "sentence_transformers",
    "faster_whisper",
    "whisper",
    "onnxruntime",
    "xformers",
    "flash_attn",
    "cv2",
}
_GUARDING = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.If, ast.Try)


@check(
    "SU101",
    "A shutdown hook is never run",
    Severity.WEAKENS,
    each="hook",
    why="""The SDK registers on_shutdown hooks and no code path calls them, whether the chute
    ends by itself, by SIGTERM or by SIGINT. What the hook saves or closes is lost.""",
    fix="""Register loop.add_signal_handler(SIGTERM, ...) in a startup hook, clean up there and
    end with os._exit(0); keep what must survive outside of the instance.""",
    before="@chute.on_shutdown()\nasync def close(self): ...",
    after="@chute.on_startup()\nasync def signals(self):\n"
    "    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, close)",
)
def shutdown_hook(hook: Hook) -> Iterator[Answer]:
    """Every one."""
    if hook.kind == "on_shutdown":
        yield at(hook.decorator, f"the SDK never calls {hook.function.name}()")


@check(
    "SU102",
    "signal.signal does not end the chute",
    Severity.WEAKENS,
    each="module",
    why="""On the platform the chute is process 1. A handler set with signal.signal that raises
    SystemExit does not stop it: it lives on until it is killed 180 seconds later.""",
    fix="Use loop.add_signal_handler in a startup hook, with a handler that ends by os._exit(0).",
    before="signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))",
    after="asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop)",
)
def signal_signal(repository: Repository, module: Module) -> Iterator[Answer]:
    """Handlers that do not call os._exit themselves."""
    for call, name in repository.calls(module):
        if name != "signal.signal" or len(call.args) < 2:
            continue
        if "SIGTERM" not in ast.unparse(call.args[0]):
            continue
        handler = local_function(call.args[1], scope_of(call, repository))
        nodes = own_nodes(handler) if handler is not None else list(ast.walk(call.args[1]))
        if not any(called == "os._exit" for _, called in calls_among(nodes)):
            yield at(call, "this handler does not stop the process on the platform")


@check(
    "SU103",
    "A hook's decorator has no parentheses",
    Severity.BREAKS,
    each="hook",
    why="""`@chute.on_startup` without parentheses is accepted, and the hook is lost: nothing
    runs it.""",
    fix="Write @chute.on_startup().",
    before="@chute.on_startup\nasync def load(self): ...",
    after="@chute.on_startup()\nasync def load(self): ...",
)
def bare_hook(hook: Hook) -> Iterator[Answer]:
    """Decorators that are not called."""
    if hook.call is None:
        _, end = home(hook.decorator).span(hook.decorator)
        yield at(
            hook.decorator, f"{hook.function.name}() is never registered", Edit(end, end, "()")
        )


@check(
    "SU104",
    "Nothing handles SIGTERM",
    Severity.WEAKENS,
    each="chute",
    why="""As process 1 a plain chute ignores SIGTERM until it is killed: requests in flight are cut
    off and the instance blocks its GPU for the grace period of 180 seconds.""",
    fix="""In a startup hook: asyncio.get_running_loop().add_signal_handler(signal.SIGTERM,
    stop), where stop lets requests finish and ends with os._exit(0).""",
    before="@chute.on_startup()\nasync def load(self):\n    self.model = load_model()",
    after="@chute.on_startup()\nasync def load(self):\n"
    "    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop)\n"
    "    self.model = load_model()",
)
def no_sigterm(repository: Repository, chute: Chute) -> Iterator[Answer]:
    """No add_signal_handler and no signal.signal in anything of the chute's."""
    if chute.kind.builder or not repository.cords:
        return
    handled = ("add_signal_handler", "signal.signal")
    if not any(mentions(module, *handled) for module in repository.code_of(chute)):
        yield at(chute.node, f"{chute.title} ignores SIGTERM until it is killed")


@check(
    "SU105",
    "A start-up hook assigns a read-only property",
    Severity.BREAKS,
    each="hook",
    why="""name, readme, tagline, uid, image, cords, jobs, node_selector, standard_template and
    routes are properties without a setter: the hook raises AttributeError, and the start fails
    after 60 seconds.""",
    fix="Use another name, such as self.pipeline or self.work.",
    before="self.jobs = {}",
    after="self.running = {}",
)
def read_only(hook: Hook) -> Iterator[Answer]:
    """Assignments to these attributes of the first parameter."""
    for node in own_nodes(hook.function):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            name = on_self(node, hook.me)
            if name in sdk.READ_ONLY:
                yield at(node, f"{hook.me}.{name} cannot be assigned")


@check(
    "SU106",
    "self.app does not exist",
    Severity.BREAKS,
    why="""The chute is the FastAPI application itself; self.app raises AttributeError, and in
    a hook that fails the start after 60 seconds.""",
    fix="Use self, for instance self.middleware('http')(function).",
    before='self.app.middleware("http")(log_requests)',
    after='self.middleware("http")(log_requests)',
)
def self_app(repository: Repository) -> Iterator[Answer]:
    """Reads of .app in hooks and cords where nothing assigns it."""
    for function, me, members in _methods(repository):
        if "app" in members:
            continue
        for node in own_nodes(function):
            if isinstance(node, ast.Attribute) and on_self(node, me) == "app":
                yield at(node, f"{me}.app does not exist")


def _methods(repository: Repository) -> Iterator[tuple[ast.AST, str, set[str]]]:
    """Hooks and cords with the name of their first parameter and the attributes it gets."""
    things: list[Hook | Cord] = [*repository.hooks, *repository.cords]
    assigned: dict[Module, set[str]] = {}
    for thing in things:
        module = home(thing.function)
        if module not in assigned:
            assigned[module] = {
                node.attr for node in module.of(ast.Attribute) if isinstance(node.ctx, ast.Store)
            } | {text for _, text in literals(module.of(ast.Constant)) if text.isidentifier()}
        own: set[str] = set()
        for chute in thing.chutes:
            own |= chute.kind.members
        arguments = thing.function.args.args
        if arguments and thing.chutes:
            yield thing.function, arguments[0].arg, assigned[module] | own


@check(
    "SU107",
    "The chute has no such method",
    Severity.BREAKS,
    why="""Functions of the module are not methods of the chute: `self.helper()` raises
    AttributeError unless something assigns self.helper first.""",
    fix="Call the function by its name and pass self, or assign it in a startup hook.",
    before="@chute.cord(...)\ndef generate(self, args):\n    return self._render(args)",
    after="@chute.cord(...)\ndef generate(self, args):\n    return render(self, args)",
)
def no_method(repository: Repository) -> Iterator[Answer]:
    """Calls of attributes that neither the SDK, FastAPI nor the repository defines.

    On self in cords and hooks, and on the chute where the module itself runs.
    """
    yield from _on_the_chute(repository)
    served = {function.name for function in repository.cord_functions}
    for function, me, members in _methods(repository):
        if inside_class(function):
            continue
        for node in own_nodes(function):
            if isinstance(node, ast.Call):
                name = on_self(node.func, me)
                if name and name != "app" and name not in members | sdk.ATTRIBUTES:
                    there = any(one.name == name for one in home(function).functions)
                    fix = _SHARED if name in served else ("" if there else _WRITE)
                    yield at(node, f"nothing defines {me}.{name}()", fix=fix)


def _on_the_chute(repository: Repository) -> Iterator[Answer]:
    for chute in repository.chutes:
        if chute.kind.builder or chute.kind.classes or not chute.variable:
            continue
        module = home(chute.node)
        assigned = {n.attr for n in module.of(ast.Attribute) if isinstance(n.ctx, ast.Store)}
        for call in module.of(ast.Call):
            name = on_self(call.func, chute.variable)
            if name and name not in assigned | sdk.ATTRIBUTES and function_around(call) is None:
                yield at(call, f"nothing defines {chute.variable}.{name}()", fix=_METHODS)


# A cord's name stands for what the SDK serves, not for the function.
_SHARED = "Move what both do into a plain function, and call that from both."
_WRITE = "Nothing here has that name: write the function, and call it by its name with self."
_METHODS = "Remove it: what an image needs goes into Image(...), and models are loaded in a hook."


@check(
    "SU108",
    "lifespan= switches the SDK's start-up off",
    Severity.BREAKS,
    each="chute",
    why="""FastAPI runs either a lifespan or start-up events. The SDK activates the instance in a
    start-up event, so with lifespan= it never becomes active.""",
    fix="Do the work in @chute.on_startup() hooks.",
    before="chute = Chute(..., lifespan=lifespan)",
    after="@chute.on_startup()\nasync def load(self): ...",
)
def lifespan(chute: Chute) -> Iterator[Answer]:
    """The keyword."""
    value = chute.value("lifespan")
    if value.given and "lifespan" in chute.arguments and not (value.known and value.value is None):
        yield at(value.node, "with lifespan= the instance never becomes active")


@check(
    "SU109",
    "A heavy package is imported at the top of the module",
    Severity.WEAKENS,
    each="chute module",
    why="""build and deploy import the module on your machine, where torch and friends are
    usually not installed, and a pipeline would have to install gigabytes to send a text file.""",
    fix="Import it inside the startup hook, or under `if is_remote():`.",
    before="import torch\n\n@chute.on_startup()\nasync def load(self): ...",
    after="@chute.on_startup()\nasync def load(self):\n    import torch",
)
def heavy_import(module: Module) -> Iterator[Answer]:
    """Imports that run when the module is imported; guarded ones are fine."""
    statements: list[ast.Import | ast.ImportFrom] = [
        *module.of(ast.Import),
        *module.of(ast.ImportFrom),
    ]
    for node in statements:
        if function_around(node) is not None or any(
            isinstance(around, ast.If | ast.Try) for around in ancestors(node)
        ):
            continue
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            names = [] if node.level else [node.module or ""]
        heavy = [name for name in names if name.partition(".")[0] in HEAVY]
        if heavy:
            yield at(node, f"{heavy[0]} must be installed wherever this is built or deployed")


@check(
    "SU110",
    "The module needs an environment variable to be imported",
    Severity.BREAKS,
    each="chute module",
    why="""Secrets exist only on the platform, and only after the first deploy. `os.environ[...]` at
    module level raises KeyError in build and deploy.""",
    fix="Read it in a startup hook, or with os.getenv and a check there.",
    before='TOKEN = os.environ["HF_TOKEN"]',
    after='@chute.on_startup()\nasync def load(self):\n    token = os.environ["HF_TOKEN"]',
)
def needs_environment(module: Module) -> Iterator[Answer]:
    """Subscripts of os.environ outside of functions."""
    for node in module.of(ast.Subscript):
        inside = any(isinstance(around, _GUARDING) for around in ancestors(node))
        if inside or not isinstance(node.ctx, ast.Load):
            continue
        shown = ast.unparse(node.value)
        if shown in ("os.environ", "environ"):
            yield at(node, f"{ast.unparse(node.slice)} must be set to import the module")


@check(
    "SU111",
    "A local module is not in the image",
    Severity.BREAKS,
    each="chute",
    why="""A deploy sends the one file that declares the chute. What it imports from the repository
    exists on the platform only when the image adds it below /app.""",
    fix='Add it: image.add("serving/*.py", "/app/serving/").',
    before="from helpers import crop",
    after='image = Image(...).add("helpers.py", "/app/helpers.py")',
)
def not_shipped(repository: Repository, chute: Chute) -> Iterator[Answer]:
    """Modules of the repository that the chute's file imports, against the image's add calls."""
    image = repository.image(chute)
    if repository.single:
        return
    needed = [
        (node, found.path)
        for node, name in _local_imports(chute.module)
        if name.partition(".")[0] != "chutes"  # the SDK, which every image has
        and (found := repository.find(name, chute.module)) is not None
    ]
    if not needed:
        return
    if image is None:
        if chute.value("image").known:
            for node, path in needed:
                yield at(node, f"{path} is not in the image {chute.value('image').value}")
        return
    patterns = []
    for add in image.of("add"):
        source = add.value("source")
        if not source.known or not isinstance(source.value, str):
            yield unsure(add.call, f"what the image adds cannot be seen: {source.why}")
            return
        patterns.append(source.value)
    fetched = [c for c, v in image.commands if not v.known or _FETCHES.search(str(v.value))]
    for node, path in needed:
        if any(covers(pattern, path) for pattern in patterns):
            continue
        if fetched:
            yield unsure(fetched[0].call, "a command of the image may bring the repository's code")
        else:
            yield at(node, f"{path} is imported, and the image does not add it")


_FETCHES = re.compile(
    r"git clone|git\+|\.tar|\.zip|\bpip3? install\b(?:(?!\bpip3? install\b)[^&;|])*\s\."
)


def _local_imports(module: Module) -> Iterator[tuple[ast.stmt, str]]:
    for node in module.of(ast.Import):
        yield from ((node, alias.name) for alias in node.names)
    for imported in module.of(ast.ImportFrom):
        if imported.module and not imported.level:
            yield imported, imported.module


@check(
    "SU112",
    "A model is loaded while a client waits",
    Severity.BREAKS,
    why="""A cord that loads a model does so at every request, or at the first that needs it:
    seconds to minutes, and GPU memory that is taken again and again. The network is closed by
    then, so that a download fails unless the chute passes allow_external_egress=True.""",
    fix="Load it in a startup hook and keep it on self.",
    before="def generate(self, args):\n    pipe = FluxPipeline.from_pretrained(MODEL)",
    after=(
        "@chute.on_startup()\n"
        "async def load(self):\n"
        "    self.pipe = FluxPipeline.from_pretrained(MODEL)"
    ),
)
def loads_per_request(repository: Repository) -> Iterator[Answer]:
    """Loading calls in cords and what they call, unless a startup hook has run the same code."""
    before: set[ast.AST] = set()
    for hook in repository.hooks:
        before |= set(reached(hook.function, repository))
    seen: set[ast.AST] = set()
    for cord, functions in repository.cord_code:
        for function in functions:
            for call, name in () if function in before else calls_in(function):
                if not loading(call, name) or call in seen:
                    continue
                seen.add(call)
                once = any(isinstance(around, ast.If) for around in ancestors(call)) or (
                    "cache" in " ".join(map(ast.unparse, function.decorator_list))
                )
                when = "the first request that needs it" if once else "every request"
                yield at(call, f"{cord.function.name}() loads a model at {when}")


@check(
    "SU113",
    "A helper process takes a port of the platform",
    Severity.BREAKS,
    each="module",
    why="""8000 is the chute itself, 8001 its log server and 8002 the attestation service. An engine
    that is told to listen there cannot start, or is called instead of the chute.""",
    fix="Use another port; the SDK's templates use 10101.",
    before='subprocess.Popen(["vllm", "serve", MODEL, "--port", "8000"])',
    after='subprocess.Popen(["vllm", "serve", MODEL, "--port", "10101"])',
)
def taken_port(repository: Repository, module: Module) -> Iterator[Answer]:
    """`--port N` in the arguments of a started process, as one text or as two."""
    for call, name in repository.calls(module):
        if last(name) not in ("Popen", "run", "create_subprocess_exec", "create_subprocess_shell"):
            continue
        words: list[str] = []
        for part in ast.walk(ast.List(list(call.args))):
            if isinstance(part, ast.Constant):
                words += str(part.value).replace("=", " ").split()
        for first, second in itertools.pairwise(words):
            if first == "--port" and second in ("8000", "8001", "8002"):
                yield at(call, f"port {second} belongs to the platform")


@check(
    "SU114",
    "uvicorn or a test client serves no cords",
    Severity.WEAKENS,
    each="chute module",
    why="""Cord routes are added inside `chutes run`. The chute object as an ASGI application, under
    uvicorn or a test client, answers 404 to all of them.""",
    fix="Serve it with CHUTES_EXECUTION_CONTEXT=REMOTE chutes run module:chute --dev.",
    before="uvicorn.run(chute, port=8000)",
    after="CHUTES_EXECUTION_CONTEXT=REMOTE chutes run chute:chute --dev --port 8000",
)
def own_server(repository: Repository, module: Module) -> Iterator[Answer]:
    """Calls that get a chute's variable."""
    variables = {chute.variable for chute in repository.chutes if chute.variable} or {"chute"}
    for call, name in repository.calls(module):
        if last(name) not in ("run", "TestClient", "AsyncClient", "ASGITransport"):
            continue
        given = [*call.args, *(k.value for k in call.keywords)]
        if (name.startswith(("uvicorn", "hypercorn")) or last(name) != "run") and any(
            isinstance(node, ast.Name) and node.id in variables for node in given
        ):
            yield at(call, f"{name} serves the chute without its cords")


@check(
    "SU115",
    "The end of the hook does not wait for the engine",
    Severity.WEAKENS,
    each="hook",
    why="""The instance takes requests as soon as the hooks return. Nothing in the SDK waits for a
    process that a hook started: the first requests end in 500.""",
    fix="Poll the engine in the hook until it answers, and watch the process from then on.",
    before="self.engine = subprocess.Popen(command)",
    after="self.engine = subprocess.Popen(command)\nawait warmup_model(self)",
)
def no_wait(hook: Hook) -> Iterator[Answer]:
    """A process started in a hook with nothing after it that could be waiting."""
    if hook.kind != "on_startup":
        return
    nodes = own_nodes(hook.function)
    waits = any(isinstance(node, ast.While | ast.For | ast.AsyncFor) for node in nodes)
    started = [
        c for c, n in calls_in(hook.function) if last(n) in ("Popen", "create_subprocess_exec")
    ]
    later = {last(name) for _, name in calls_in(hook.function)}
    if started and not waits and not any(_waiting(name) for name in later):
        yield at(started[0], f"{hook.function.name}() returns before the process is ready")


def _waiting(name: str) -> bool:
    words = ("wait", "warmup", "ready", "poll", "monitor", "health", "sleep", "communicate")
    return any(word in name.lower() for word in words)
