"""SC: many requests at once, and more instances."""

import ast
from collections.abc import Iterator

from scaffold.check import sdk
from scaffold.check.catalog import check
from scaffold.check.code import calls_among, calls_in, last, me, mentions, names_in
from scaffold.check.declared import Chute, Cord, at
from scaffold.check.model import Answer, Severity
from scaffold.check.module import Module, ancestors, function_around, home, own_nodes
from scaffold.check.repository import Repository

_ASYNCIO = {"Lock", "Semaphore", "BoundedSemaphore", "Queue", "Event", "Condition", "Future"}
_CLIENTS = {
    "aiohttp.ClientSession",
    "httpx.AsyncClient",
    "openai.AsyncOpenAI",
    "redis.asyncio.Redis",
    "redis.asyncio.from_url",
    "asyncpg.create_pool",
    "motor.motor_asyncio.AsyncIOMotorClient",
    "anthropic.AsyncAnthropic",
    "vllm.AsyncLLMEngine.from_engine_args",
    "vllm.engine.async_llm_engine.AsyncLLMEngine.from_engine_args",
    "AsyncOpenAI",
    "AsyncLLMEngine.from_engine_args",
}
_GUARDS = ("threading.Lock", "threading.RLock", "Lock()", "Semaphore(", "queue.Queue", "to_thread")


@check(
    "SC101",
    "This scaling setting does not exist",
    Severity.WEAKENS,
    each="chute",
    why="""No SDK argument or API field keeps instances alive or sets scaling speed. With
    FastAPI up to 0.164 the keyword vanishes without a word and nothing is kept warm; with
    0.165 it is a TypeError.""",
    fix="""Use max_instances, scaling_threshold and shutdown_after_seconds. To keep one warm,
    call it on a schedule; it is billed round the clock.""",
    before="chute = Chute(..., min_instances=1, max_instances=4)",
    after="chute = Chute(..., max_instances=4, shutdown_after_seconds=3600)",
)
def keep_warm(chute: Chute) -> Iterator[Answer]:
    """Names that other platforms use."""
    for name in sdk.KEEP_WARM:
        if name in chute.arguments and name not in chute.kind.own_names:
            yield at(
                chute.value(name).node
                if name not in chute.arguments.keywords
                else chute.arguments.keywords[name],
                f"{name} has no effect",
            )


def _shared(call: ast.Call) -> bool:
    """Is what the call makes kept beyond the function: on self, or at module level?"""
    function = function_around(call)
    for around in ancestors(call):
        if isinstance(around, ast.Assign | ast.AnnAssign):
            targets = around.targets if isinstance(around, ast.Assign) else [around.target]
            if function is None:
                return True
            return any(isinstance(t, ast.Attribute) for t in targets)
        if isinstance(around, ast.stmt):
            return False
    return False


@check(
    "SC102",
    "An asyncio primitive is shared between requests",
    Severity.BREAKS,
    each="chute module",
    why="""Each async call runs in an event loop of its own, in a thread. A shared asyncio.Lock
    works until two requests meet and then hangs for good; Queue and Event fail at the second
    use. (Measured: a batcher of this kind hangs for all with eight requests.)""",
    fix="Use threading.Lock and queue.Queue, or run_coroutine_threadsafe on the start-up loop.",
    before="self.lock = asyncio.Lock()",
    after="self.lock = threading.Lock()",
)
def shared_primitive(repository: Repository, module: Module) -> Iterator[Answer]:
    """Kept on self or at module level, unless the module hands work to one loop itself."""
    if mentions(module, "run_coroutine_threadsafe"):
        return
    for call, name in repository.calls(module):
        if name.startswith("asyncio.") and last(name) in _ASYNCIO and _shared(call):
            yield at(call, f"{name} is bound to one event loop, every request has its own")


@check(
    "SC103",
    "An async client is shared between requests",
    Severity.BREAKS,
    each="chute module",
    why="""What is opened in the start-up loop (sessions, pools, async engines) cannot be
    awaited in a cord: each call has an event loop of its own. It fails or hangs under load.""",
    fix="Use a synchronous client, open it inside of the cord, or use run_coroutine_threadsafe.",
    before="self.http = aiohttp.ClientSession()",
    after="self.http = requests.Session()",
)
def shared_client(repository: Repository, module: Module) -> Iterator[Answer]:
    """Known constructors whose result is kept."""
    if mentions(module, "run_coroutine_threadsafe"):
        return
    for call, name in repository.calls(module):
        if (name in _CLIENTS or name.startswith("redis.asyncio.")) and _shared(call):
            yield at(call, f"{last(name)} belongs to the event loop that made it")


@check(
    "SC104",
    "A pipeline is used by several requests at once",
    Severity.WEAKENS,
    each="chute",
    why="""Cords run in a pool of threads. Diffusion pipelines keep the state of a run on themselves
    and are not safe to call twice at the same time: mixed pictures, index errors.""",
    fix="concurrency=1, or a threading.Lock around the call.",
    before="chute = Chute(..., concurrency=4)  # and self.pipe(...) in the cord",
    after="chute = Chute(..., concurrency=1)",
)
def unsafe_pipeline(repository: Repository, chute: Chute) -> Iterator[Answer]:
    """concurrency above 1, a diffusers pipeline, and no lock or queue in the file."""
    value = chute.value("concurrency")
    module = home(chute.node)
    if not (value.known and isinstance(value.value, int) and value.value > 1):
        return
    made = [
        name
        for _, name in repository.calls(module)
        if name.endswith("Pipeline.from_pretrained")
        or name == "transformers.pipeline"
        or _pipeline(name, module, repository)
    ]
    if made and not mentions(module, *_GUARDS):
        yield at(value.node, f"up to {value.value} requests share one pipeline without a lock")


def _pipeline(name: str, module: Module, repository: Repository) -> bool:
    """Is it the class of a pipeline that a package brings? (sklearn's is called Pipeline.)"""
    origin, _, kind = name.rpartition(".")
    return (
        kind.endswith("Pipeline")
        and kind != "Pipeline"
        and bool(origin)
        and repository.find(origin, module) is None
    )


@check(
    "SC105",
    "A task started in a cord is cancelled with it",
    Severity.BREAKS,
    each="handler",
    why="""The event loop of the call ends when the cord returns, and everything still running
    in it is cancelled: background work never finishes.""",
    fix="Await it, or hand it to a thread that a startup hook made.",
    before="asyncio.create_task(self.save(result))",
    after="self.work.put(result)  # a queue.Queue read by a thread",
)
def task_in_cord(cord: Cord) -> Iterator[Answer]:
    """create_task or ensure_future whose result is neither kept nor awaited."""
    for call, name in calls_in(cord.function):
        if name in ("asyncio.create_task", "asyncio.ensure_future"):
            around = next(iter(ancestors(call)), None)
            if isinstance(around, ast.Expr):
                yield at(call, f"this ends when {cord.function.name}() returns")


@check(
    "SC106",
    "A cord changes shared state without a lock",
    Severity.WEAKENS,
    each="handler",
    why="""Calls run in threads of one process: `self.count += 1` loses updates, and each instance
    counts by itself.""",
    fix="Guard it with a threading.Lock, or count with a prometheus_client Counter.",
    before="self.count += 1",
    after="with self.lock:\n    self.count += 1",
)
def unguarded(cord: Cord) -> Iterator[Answer]:
    """Augmented assignments to attributes of the chute or to globals outside of `with`."""
    mine = me(cord.function)
    shared = {
        name
        for node in own_nodes(cord.function)
        if isinstance(node, ast.Global)
        for name in node.names
    }
    for node in own_nodes(cord.function):
        if not isinstance(node, ast.AugAssign):
            continue
        guarded = any(isinstance(around, ast.With | ast.AsyncWith) for around in ancestors(node))
        target = node.target
        of_self = isinstance(target, ast.Attribute) and ast.unparse(target.value) == mine
        of_module = isinstance(target, ast.Name) and target.id in shared
        if (of_self or of_module) and not guarded:
            yield at(node, f"{ast.unparse(target)} is changed by several threads")


@check(
    "SC107",
    "max_instances is left out",
    Severity.STYLE,
    each="chute",
    why="""The SDK's default is 1: the chute never scales out, and whatever is over its concurrency
    gets 429. It is also what bounds the bill, so it should be said.""",
    fix="Pass max_instances; it times the price of a GPU-hour is the most the chute can cost.",
    before="chute = Chute(..., concurrency=8)",
    after="chute = Chute(..., concurrency=8, max_instances=3)",
)
def no_max(chute: Chute) -> Iterator[Answer]:
    """Left out, and not hidden."""
    if not chute.value("max_instances").given:
        yield at(chute.node, f"{chute.title} never has more than one instance")


@check(
    "SC108",
    "An engine that batches gets one request at a time",
    Severity.COSTS,
    each="chute",
    why="""The default concurrency is 1. In front of an engine with continuous batching that leaves
    most of the GPU idle, and the second client gets 429.""",
    fix="Pass the number of sequences the engine works on at once, for instance concurrency=64.",
    before="chute = Chute(...)  # with passthrough cords to vLLM",
    after="chute = Chute(..., concurrency=64)",
)
def one_at_a_time(repository: Repository, chute: Chute) -> Iterator[Answer]:
    """Passthrough cords and no concurrency."""
    passed = [c for c in repository.cords_of(chute, loose=False) if c.on("passthrough")]
    if passed and not chute.value("concurrency").given:
        yield at(chute.node, f"{chute.title} admits one request at a time to its engine")


@check(
    "SC109",
    "Work is handed to a thread pool inside of a cord",
    Severity.STYLE,
    each="handler",
    why="""The SDK already runs every call in a thread of its own: a pool made per request
    costs threads and changes nothing.""",
    fix="Call the function.",
    before="with ThreadPoolExecutor() as pool:\n    return pool.submit(render, args).result()",
    after="return render(args)",
)
def pool_per_request(cord: Cord) -> Iterator[Answer]:
    """Executors made in a cord whose only use is one result."""
    for call, name in calls_in(cord.function):
        if last(name) in ("ThreadPoolExecutor", "ProcessPoolExecutor"):
            used = [n for _, n in calls_among(own_nodes(cord.function)) if last(n) == "submit"]
            if len(used) == 1 and "map" not in names_in(cord.function):
                yield at(call, f"{cord.function.name}() makes a pool at every request")


@check(
    "SC110",
    "An async cord waits with time.sleep",
    Severity.STYLE,
    each="handler",
    why="""The SDK gives every call a thread and an event loop of its own. time.sleep stops that
    loop: the call cannot be cancelled when its client leaves, and holds its slot to the end.""",
    fix="await asyncio.sleep(seconds).",
    before="async def poll(self, args):\n    time.sleep(1)",
    after="async def poll(self, args):\n    await asyncio.sleep(1)",
)
def sleeps(cord: Cord) -> Iterator[Answer]:
    """time.sleep in the body of an async cord."""
    if isinstance(cord.function, ast.AsyncFunctionDef):
        for call, name in calls_in(cord.function):
            if name == "time.sleep":
                yield at(call, f"{cord.function.name}() cannot be cancelled while it sleeps")
