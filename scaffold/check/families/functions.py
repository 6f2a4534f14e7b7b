"""PA: the functions behind cords, jobs and hooks, and how they become some."""

import ast
from collections.abc import Iterator

from scaffold.check import sdk
from scaffold.check.catalog import check
from scaffold.check.code import calls_in, last
from scaffold.check.declared import Chute, Cord, Hook, at, unsure
from scaffold.check.model import Answer, Severity
from scaffold.check.module import Module, home, parameters
from scaffold.check.reach import callee, reached
from scaffold.check.repository import Repository
from scaffold.check.values import local_function, scope_of


@check(
    "PA112",
    "A cord's decorator has no parentheses",
    Severity.BREAKS,
    why="`@chute.cord` takes keyword arguments only: bare, it fails at import with TypeError.",
    fix='@chute.cord(public_api_path="/generate").',
    before="@chute.cord\ndef generate(self, args): ...",
    after='@chute.cord(public_api_path="/generate")\ndef generate(self, args): ...',
)
def bare(repository: Repository) -> Iterator[Answer]:
    """Decorators that are not called."""
    for decorator in repository.bare_cords:
        yield at(decorator, f"{ast.unparse(decorator)} must be called with keywords")


@check(
    "PA113",
    "A cord takes keywords only",
    Severity.BREAKS,
    each="cord",
    why="`chute.cord(...)` has no positional parameters: a path given by position is a TypeError.",
    fix="Name the argument.",
    before='@chute.cord("/generate")',
    after='@chute.cord(public_api_path="/generate")',
)
def positional(cord: Cord) -> Iterator[Answer]:
    """Positional arguments of the SDK's own decorator."""
    if cord.decorator.args and not cord.custom:
        yield at(cord.node, "positional arguments are a TypeError")


@check(
    "PA114",
    "Cords and jobs in one chute",
    Severity.REFUSED,
    each="chute",
    why="The platform answers 400 to a chute that has both.",
    fix="Make two chutes of it.",
    before="@chute.cord(...) and @chute.job(...)",
    after="one chute with cords, another with jobs",
)
def mixed(repository: Repository, chute: Chute) -> Iterator[Answer]:
    """Both kinds on one chute."""
    kinds = {cord.kind for cord in repository.cords_of(chute, loose=False)}
    if len(kinds) > 1:
        yield at(chute.node, f"{chute.title} has cords and jobs")


@check(
    "PA115",
    "The chute has neither cords nor jobs",
    Severity.REFUSED,
    each="chute",
    why="The platform answers 400 to a chute without anything to call.",
    fix="Declare a cord.",
    before="chute = Chute(...)",
    after='@chute.cord(public_api_path="/generate")\ndef generate(self, args): ...',
)
def empty(repository: Repository, chute: Chute) -> Iterator[Answer]:
    """No decorated function, and nothing that could add one elsewhere."""
    if chute.kind.builder or repository.cords_of(chute, loose=False):
        return
    loose = repository.cords_of(chute)
    module = home(chute.node)
    passed = chute.variable and any(
        isinstance(argument, ast.Name) and argument.id == chute.variable
        for call in module.of(ast.Call)
        for argument in (*call.args, *(k.value for k in call.keywords))
    )
    if chute.kind.classes or loose or passed or chute.made_elsewhere or chute.arguments.hidden:
        yield unsure(chute.node, "cords may be added in a way that only running shows")
    elif not repository.bare_cords:
        yield at(chute.node, f"{chute.title} has nothing to call")


@check(
    "PA116",
    "The API does not route this",
    Severity.BREAKS,
    each="chute module",
    why="""@chute.get, @chute.post, routers, WebSockets and mounted applications exist on the
    instance, but clients reach cords only.""",
    fix="Declare a cord.",
    before='@chute.get("/status")\nasync def status(): ...',
    after='@chute.cord(public_api_path="/status", public_api_method="GET", method="GET")\n'
    "def status(self): ...",
)
def own_routes(repository: Repository, module: Module) -> Iterator[Answer]:
    """FastAPI's decorators and methods on a chute."""
    variables = {chute.variable for chute in repository.chutes if chute.variable} | {"chute"}
    verbs = ("get", "post", "put", "delete", "patch", "websocket", "route", "api_route")
    for function in module.functions:
        for decorator in function.decorator_list:
            node = decorator.func if isinstance(decorator, ast.Call) else decorator
            if (
                isinstance(node, ast.Attribute)
                and node.attr in verbs
                and ast.unparse(node.value) in variables
            ):
                yield at(decorator, f"{function.name}() cannot be reached by clients")
    for call in module.of(ast.Call):
        if (
            isinstance(call.func, ast.Attribute)
            and ast.unparse(call.func.value) in variables
            and call.func.attr in ("include_router", "mount", "add_websocket_route")
        ):
            yield at(call, "what this adds cannot be reached by clients")


@check(
    "PA117",
    "The job has no such setting",
    Severity.BREAKS,
    each="job",
    why="`chute.job` takes ports, timeout, upload and ssh and raises TypeError for others, retry "
    "included.",
    fix="Remove it.",
    before="@chute.job(timeout=3600, retry=3)",
    after="@chute.job(timeout=3600)",
)
def job_setting(job: Cord) -> Iterator[Answer]:
    """Keywords outside of the signature."""
    for name, keyword in job.arguments.keywords.items():
        if name not in sdk.JOB:
            yield at(keyword, f"a job has no {name}")


@check(
    "PA118",
    "The function does not take the chute",
    Severity.BREAKS,
    each="cord",
    why="""The SDK passes the chute first and the body second. A function without self is
    called with one argument too many, or takes the chute for the body.""",
    fix="Add self as the first parameter.",
    before="def generate(args: Args): ...",
    after="def generate(self, args: Args): ...",
)
def no_self(cord: Cord) -> Iterator[Answer]:
    """No parameters at all, or a first one that is typed as something else."""
    if cord.custom:
        return
    arguments = cord.function.args
    given = parameters(cord.function)
    if not given and not arguments.vararg:
        yield at(
            cord.function, f"{cord.function.name}() is called with the chute, and takes nothing"
        )
    elif given and given[0].annotation is not None and given[0].arg not in ("self", "chute"):
        shown = ast.unparse(given[0].annotation)
        if not last(shown).strip("'\"").endswith("Chute") and shown != "Any":
            yield at(given[0], f"{given[0].arg} is the chute, not {shown}")


@check(
    "PA119",
    "A hook does not take the chute",
    Severity.BREAKS,
    each="hook",
    why="""The SDK calls hooks with the chute: a function without a parameter raises TypeError
    at start.""",
    fix="Add self.",
    before="@chute.on_startup()\nasync def load(): ...",
    after="@chute.on_startup()\nasync def load(self): ...",
)
def hook_without_self(hook: Hook) -> Iterator[Answer]:
    """Hooks without any parameter."""
    if not parameters(hook.function) and not hook.function.args.vararg and hook.call is not None:
        yield at(
            hook.function, f"{hook.function.name}() is called with the chute, and takes nothing"
        )


@check(
    "PA120",
    "Nothing listens where requests are passed to",
    Severity.BREAKS,
    each="cord",
    why="""passthrough=True hands each request to a server on the instance. Only the chute itself
    runs there: without a hook that starts the engine, every request ends in a refused connection,
    a 500.""",
    fix="Start the engine in a startup hook and wait until it answers.",
    before='@chute.cord(public_api_path="/v1/models", passthrough=True, passthrough_port=10101)',
    after="@chute.on_startup()\nasync def load(self):\n"
    '    self.engine = subprocess.Popen(["vllm", "serve", MODEL, "--port", "10101"])',
)
def no_server(repository: Repository, cord: Cord) -> Iterator[Answer]:
    """No deployed file starts anything, and no hook hands the chute to code that is not here."""
    if not cord.on("passthrough") or not cord.chutes or any(c.kind.builder for c in cord.chutes):
        return
    if any(chute.kind.classes for chute in cord.chutes):
        return
    if not repository.mention(*_STARTING) and not any(
        call.args
        and callee(call.func, scope_of(call, repository)) is None
        and any(getattr(argument, "id", "") == hook.me for argument in call.args)
        for hook in repository.hooks
        for call, _ in calls_in(hook.function)
    ):
        yield at(cord.node, f"{cord.function.name}() is passed to a server that nothing starts")


_STARTING = (
    "Popen",
    "subprocess",
    "create_subprocess",
    "multiprocessing",
    "os.system",
    "uvicorn",
    "start_server",
    "spawn",
    "Thread(",
)


@check(
    "PA121",
    "A cord is called like a function",
    Severity.BREAKS,
    why="""The decorator does not hand the function back: in an instance a cord's name is what
    answers requests, and it takes the request first. Called with the chute instead it raises
    AttributeError; in a start-up hook that ends the start.""",
    fix="Move what both do into a plain function, and call that from both.",
    before="@chute.cord(public_api_path='/batch')\ndef batch(self, args):\n"
    "    return [single(self, one) for one in args.items]  # single is a cord too",
    after="def answer(self, one): ...\n\n@chute.cord(public_api_path='/batch')\n"
    "def batch(self, args):\n    return [answer(self, one) for one in args.items]",
)
def called(repository: Repository) -> Iterator[Answer]:
    """Calls of cords by their names, in what runs for requests and at start-up.

    One that streams gives its chunks to whoever iterates over it.
    """
    served = {
        cord.function
        for cord in repository.cords
        if cord.kind == "cord"
        and not cord.custom
        and not cord.on("stream")
        and cord.function.decorator_list[0] is cord.decorator
    }
    starts = [hook.function for hook in repository.hooks if hook.kind == "on_startup"]
    code = [functions for _, functions in repository.cord_code]
    code += [reached(start, repository) for start in starts]
    for function in dict.fromkeys(one for functions in code for one in functions):
        for call, _ in calls_in(function):
            if local_function(call.func, scope_of(call, repository)) in served:
                yield at(call, f"{ast.unparse(call.func)} is a cord, no function: this call fails")
