"""CA: what is kept between requests and between instances."""

import ast
import re
from collections.abc import Iterator

from scaffold.check.catalog import check
from scaffold.check.code import calls_in, constant, keyword, last, mentions, text_of
from scaffold.check.declared import Chute, Cord, Image, at, unsure
from scaffold.check.model import Answer, Severity
from scaffold.check.module import FunctionNode, Module, function_around, parameters
from scaffold.check.outgoing import outgoing
from scaffold.check.repository import Repository
from scaffold.check.values import full_name

_STORES = {
    "redis.Redis",
    "redis.StrictRedis",
    "redis.from_url",
    "redis.Redis.from_url",
    "redis.asyncio.Redis",
    "redis.asyncio.from_url",
    "redis.asyncio.Redis.from_url",
    "psycopg2.connect",
    "psycopg.connect",
    "pymongo.MongoClient",
    "sqlalchemy.create_engine",
    "asyncpg.create_pool",
    "asyncpg.connect",
    "pymemcache.Client",
    "boto3.client",
    "boto3.resource",
    "qdrant_client.QdrantClient",
    "mysql.connector.connect",
}
_CACHE_VARIABLES = {
    "HF_HOME",
    "TRANSFORMERS_CACHE",
    "HF_HUB_CACHE",
    "HUGGINGFACE_HUB_CACHE",
    "TORCH_HOME",
    "DIFFUSERS_CACHE",
    "CIVITAI_HOME",
}
_PODS = {"HF_HOME", "CIVITAI_HOME"}
_LOCAL = re.compile(r"localhost|127\.0\.0\.1|\[::1\]|sqlite:|^:memory:")


def _egress(repository: Repository) -> bool | None:
    """May instances open connections after activation? None when that cannot be seen."""
    found: set[bool | None] = set()
    for chute in repository.chutes:
        value = chute.value("allow_external_egress")
        found.add(bool(value.value) if value.known else (None if value.given else False))
    return found.pop() if len(found) == 1 else None


def _address(call: ast.Call, repository: Repository) -> str:
    given = [*call.args[:1], *(k.value for k in call.keywords if k.arg in ("host", "url"))]
    texts = [text_of(node, repository) or "" for node in given]
    return " ".join(texts) or ("localhost" if not given else "")


@check(
    "CA101",
    "A store outside is used while the network is closed",
    Severity.BREAKS,
    each="module",
    why="""The network of an instance is closed when it becomes active, unless the chute passes
    allow_external_egress=True. Everything works during start-up, and the first request times
    out.""",
    fix="Pass allow_external_egress=True, or keep the cache in the instance's memory.",
    before='self.redis = redis.from_url(os.getenv("REDIS_URL"))',
    after="chute = Chute(..., allow_external_egress=True)",
)
def closed(repository: Repository, module: Module) -> Iterator[Answer]:
    """Clients of databases and object stores whose address is not local."""
    for call, name in repository.calls(module):
        if name in _STORES and not _LOCAL.search(_address(call, repository)):
            egress = _egress(repository)
            if egress is None:
                yield unsure(call, "allow_external_egress cannot be seen")
            elif not egress:
                yield at(call, f"{name} connects to the outside, and the network is closed")


@check(
    "CA102",
    "There is no server on this instance",
    Severity.BREAKS,
    each="module",
    why="The container runs the chute and nothing else: on localhost no Redis or database listens.",
    fix="Start one in a startup hook, use one outside, or an in-process cache.",
    before='self.redis = redis.Redis(host="localhost", port=6379)',
    after="self.cache = LRU(maxsize=512)",
)
def local_store(repository: Repository, module: Module) -> Iterator[Answer]:
    """Local addresses, unless the module starts a process."""
    if mentions(module, "redis-server", "Popen", "create_subprocess"):
        return
    for call, name in repository.calls(module):
        address = _address(call, repository)
        if name in _STORES and re.search(r"localhost|127\.0\.0\.1", address):
            yield at(call, f"{name} finds no server at {address.split()[0][:60]}")


@check(
    "CA103",
    "Cached data is unpickled",
    Severity.WEAKENS,
    each="module",
    why="""pickle runs code that stands in the data. Who can write to the cache, or to the
    request it is made from, runs code in every instance.""",
    fix="Keep JSON or raw bytes.",
    before="value = pickle.loads(self.redis.get(key))",
    after="value = json.loads(self.redis.get(key))",
)
def unpickles(repository: Repository, module: Module) -> Iterator[Answer]:
    """pickle.loads and its relatives."""
    for call, name in repository.calls(module):
        if name in ("pickle.loads", "cloudpickle.loads", "dill.loads", "joblib.loads"):
            yield at(call, f"{name} runs what the data says")


@check(
    "CA104",
    "A cache grows without bound",
    Severity.WEAKENS,
    each="chute module",
    why="""An instance may live for weeks. A dict that only grows, or lru_cache(maxsize=None),
    ends when the memory does, and takes the requests in flight with it.""",
    fix="Bound it: functools.lru_cache(maxsize=1024), or drop the oldest entry.",
    before="self.cache = {}\n...\nself.cache[key] = picture",
    after="self.cache = LRU(maxsize=512)",
)
def unbounded(repository: Repository, module: Module) -> Iterator[Answer]:
    """lru_cache(maxsize=None) or cache on functions with arguments; dicts called cache."""
    for function in module.functions:
        arguments = [arg for arg in parameters(function) if arg.arg not in ("self", "cls")]
        for decorator in function.decorator_list:
            name = full_name(
                decorator.func if isinstance(decorator, ast.Call) else decorator, module
            )
            endless = name == "functools.cache" or (
                name == "functools.lru_cache"
                and isinstance(decorator, ast.Call)
                and any(
                    k.arg == "maxsize"
                    and isinstance(k.value, ast.Constant)
                    and k.value.value is None
                    for k in decorator.keywords
                )
            )
            if endless and arguments:
                yield at(decorator, f"every new argument of {function.name}() stays for ever")
    yield from _dicts(repository, module)


def _dicts(repository: Repository, module: Module) -> Iterator[Answer]:
    made: list[ast.Assign | ast.AnnAssign] = [*module.of(ast.Assign), *module.of(ast.AnnAssign)]
    for node in made:
        name = ast.unparse(node.targets[0] if isinstance(node, ast.Assign) else node.target)
        if "cache" not in name.lower() or not isinstance(node.value, ast.Dict | ast.Call):
            continue
        empty = (isinstance(node.value, ast.Dict) and not node.value.keys) or (
            isinstance(node.value, ast.Call)
            and ast.unparse(node.value) in ("dict()", "OrderedDict()", "collections.OrderedDict()")
        )
        if empty and _only_grows(repository, module, name):
            yield at(node, f"{name} only grows")


def _only_grows(repository: Repository, module: Module, name: str) -> bool:
    """Do requests put in more and more, under names that are not written down?"""
    filled = False
    for node in module.of(ast.Subscript):
        if ast.unparse(node.value) == name:
            if isinstance(node.ctx, ast.Store):
                varies = not isinstance(node.slice, ast.Constant)
                filled |= varies and function_around(node) in repository.request_code
            elif isinstance(node.ctx, ast.Del):
                return False
    for call in module.of(ast.Call):
        shown = ast.unparse(call.func)
        if shown in (f"{name}.pop", f"{name}.popitem", f"{name}.clear"):
            return False
        if shown == "len" and call.args and ast.unparse(call.args[0]) == name:
            return False
    return filled


@check(
    "CA105",
    "lru_cache on an async function",
    Severity.BREAKS,
    each="module",
    why="""It remembers the coroutine, not its result: the second call with the same arguments fails
    with "cannot reuse already awaited coroutine".""",
    fix="Cache the result inside, or make the function synchronous.",
    before="@lru_cache\nasync def embed(text): ...",
    after="@lru_cache(maxsize=1024)\ndef embed(text): ...",
)
def cached_coroutine(module: Module) -> Iterator[Answer]:
    """functools' caches above async def."""
    for function in module.of(ast.AsyncFunctionDef):
        for decorator in function.decorator_list:
            node = decorator.func if isinstance(decorator, ast.Call) else decorator
            if full_name(node, module) in ("functools.lru_cache", "functools.cache"):
                yield at(decorator, f"{function.name}() can be awaited once per argument only")


@check(
    "CA106",
    "A cache key is made with hash()",
    Severity.WEAKENS,
    each="module",
    why="""Python salts hash() of texts anew in every process: another instance, or this one after a
    restart, never finds the entry; and 64 bits collide more often than one thinks.""",
    fix="Use hashlib.sha256 over everything that determines the result.",
    before='key = f"{MODEL}:{hash(prompt)}"',
    after="key = hashlib.sha256(repr((MODEL, prompt)).encode()).hexdigest()",
)
def salted_key(module: Module) -> Iterator[Answer]:
    """hash(...) in what is assigned to a name with `key` in it."""
    for node in module.of(ast.Assign):
        if "key" in ast.unparse(node.targets[0]).lower():
            for part in ast.walk(node.value):
                if isinstance(part, ast.Call) and ast.unparse(part.func) == "hash":
                    yield at(part, "hash() differs from process to process")


@check(
    "CA107",
    "A model cache is set in the image",
    Severity.WEAKENS,
    each="image",
    why="""The pod sets HF_HOME=/cache, the only place that is large and may outlive the
    instance; its variables win over the image's. /tmp and the rest are limited to 10 GiB and
    gone with the instance.""",
    fix="Leave these variables alone and read the path from HF_HOME.",
    before='image.with_env("TRANSFORMERS_CACHE", "/tmp/models")',
    after="# nothing: HF_HOME is /cache on the platform",
)
def cache_variable(image: Image) -> Iterator[Answer]:
    """with_env of such a variable with a path outside of /cache."""
    for call in image.of("with_env"):
        key, value = call.value("key"), call.value("value")
        if (
            key.known
            and key.value in _CACHE_VARIABLES
            and value.known
            and not str(value.value).startswith("/cache")
        ):
            where = f"points to {value.value}, not to /cache"
            if key.value in _PODS:
                where = f"is {value.value} during the build only: the pod sets it itself"
            yield at(call.call, f"{key.value} {where}")


@check(
    "CA108",
    "A model is downloaded to a place too small for it",
    Severity.WEAKENS,
    each="module",
    why="""Everything but /cache shares 10 GiB of ephemeral disk: an instance that writes more is
    evicted, and the download is repeated by each one.""",
    fix="Leave cache_dir and local_dir out, or put them below /cache.",
    before='snapshot_download(MODEL, local_dir="/tmp/model")',
    after="snapshot_download(MODEL)",
)
def small_place(repository: Repository, module: Module) -> Iterator[Answer]:
    """cache_dir and local_dir that can be seen and are not below /cache."""
    for call, name in repository.calls(module):
        if last(name) in ("from_pretrained", "snapshot_download", "hf_hub_download"):
            if constant(keyword(call, "local_files_only")) is True:
                continue  # nothing is downloaded
            for argument in ("cache_dir", "local_dir"):
                node = keyword(call, argument)
                path = text_of(node, repository) if node is not None else None
                if path is not None and not path.startswith("/cache"):
                    yield at(call, f"{argument} is {path!r}, not below /cache")


@check(
    "CA109",
    "Answers are compressed by hand",
    Severity.STYLE,
    each="handler",
    why="""Transport is compressed already; gzip as hex or base64 text is larger than what it
    was, and clients have to undo it.""",
    fix="Return the value.",
    before="return {'data': gzip.compress(data).hex()}",
    after="return Response(data, media_type='application/octet-stream')",
)
def by_hand(cord: Cord) -> Iterator[Answer]:
    """gzip or zlib in a cord."""
    for call, name in calls_in(cord.function):
        if name in ("gzip.compress", "zlib.compress", "gzip.open"):
            yield at(call, "the platform compresses what it sends")


@check(
    "CA110",
    "A cord calls out while the network is closed",
    Severity.BREAKS,
    why="""After activation only the platform's proxy can be reached, unless the chute passes
    allow_external_egress=True: downloads of a user's URL, webhooks and other APIs time out. In
    --dev all of it works.""",
    fix="Take the data in the body (base64), or pass allow_external_egress=True.",
    before="data = requests.get(args.url).content",
    after="data = base64.b64decode(args.image)",
)
def calls_out(repository: Repository) -> Iterator[Answer]:
    """HTTP libraries, sessions, downloads and programs in cords and what they call.

    Addresses of this machine are fine; where an address cannot be seen, nothing is said for
    certain.
    """
    seen: set[ast.AST] = set()
    for cord, client in repository.clients:
        for function in dict.fromkeys([*_code(repository, cord), *client.functions()]):
            for found in outgoing(function, client, repository):
                if found.call in seen:
                    continue
                seen.add(found.call)
                egress = _mine(repository, cord)
                if egress:
                    continue
                if egress is None or not found.sure:
                    hidden = "allow_external_egress" if egress is None else "where this connects to"
                    yield unsure(found.call, f"{hidden} cannot be seen")
                else:
                    where = "" if function is cord.function else f" for {cord.function.name}()"
                    yield at(
                        found.call,
                        f"{found.name}() cannot reach anything{where} once the instance is active",
                    )


def _code(repository: Repository, cord: Cord) -> list[FunctionNode]:
    return next(functions for one, functions in repository.cord_code if one is cord)


def _mine(repository: Repository, cord: Cord) -> bool | None:
    found = set()
    chutes: tuple[Chute, ...] = cord.chutes or tuple(repository.chutes)
    for chute in chutes:
        value = chute.value("allow_external_egress")
        found.add(bool(value.value) if value.known else (None if value.given else False))
    return found.pop() if len(found) == 1 else None
