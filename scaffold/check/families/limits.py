"""LI: numbers and texts the platform refuses."""

import ast
from collections.abc import Iterator

from scaffold.check import sdk
from scaffold.check.catalog import check
from scaffold.check.code import calls_in, keyword, last
from scaffold.check.declared import Chute, Cord, at, unsure
from scaffold.check.model import Answer, Place, Severity
from scaffold.check.module import Module
from scaffold.check.repository import Repository
from scaffold.check.values import read, scope_of

MAX_CODE = 150_000
MAX_README = 16_384


def limited(chute: Chute, name: str) -> Iterator[Answer]:
    """A setting of a chute against the platform's limit of the same name."""
    value = chute.value(name)
    limit = sdk.limits()[name]
    if not value.given:
        return
    if not value.known:
        yield unsure(value.node, f"{name} cannot be seen: {value.why}")
    elif not sdk.within(value.value, limit):
        yield at(value.node, f"{name} is {value.value!r}, it must be {limit['because']}")


@check(
    "LI101",
    "concurrency is out of range",
    Severity.REFUSED,
    each="chute",
    why="""The platform takes 1 to 256. The SDK checks nothing; 0 and negative numbers even pass the
    API of some versions and leave an instance that admits no request.""",
    fix="Use a whole number from 1 to 256: what one instance can really work on at once.",
    before="chute = Chute(..., concurrency=512)",
    after="chute = Chute(..., concurrency=64)",
)
def concurrency(chute: Chute) -> Iterator[Answer]:
    """Against the limit of the template's data."""
    return limited(chute, "concurrency")


@check(
    "LI102",
    "max_instances is out of range",
    Severity.REFUSED,
    each="chute",
    why="The platform takes 1 to 100 instances; the SDK sends whatever it is given.",
    fix="Use a whole number from 1 to 100.",
    before="chute = Chute(..., max_instances=0)",
    after="chute = Chute(..., max_instances=3)",
)
def max_instances(chute: Chute) -> Iterator[Answer]:
    """Against the limit of the template's data."""
    return limited(chute, "max_instances")


@check(
    "LI103",
    "shutdown_after_seconds is out of range",
    Severity.REFUSED,
    each="chute",
    why="The platform takes 60 seconds to one week (604800).",
    fix="Use a whole number of seconds from 60 to 604800.",
    before="chute = Chute(..., shutdown_after_seconds=30)",
    after="chute = Chute(..., shutdown_after_seconds=300)",
)
def shutdown_after(chute: Chute) -> Iterator[Answer]:
    """Against the limit of the template's data."""
    return limited(chute, "shutdown_after_seconds")


@check(
    "LI104",
    "scaling_threshold is out of range",
    Severity.REFUSED,
    each="chute",
    why="""The platform takes a share above 0 and at most 1. 0 is stored as 0.75 without a
    word, and a percentage such as 75 is refused.""",
    fix="Use a number above 0 and at most 1, 0.75 for three quarters.",
    before="chute = Chute(..., scaling_threshold=75)",
    after="chute = Chute(..., scaling_threshold=0.75)",
)
def threshold(chute: Chute) -> Iterator[Answer]:
    """Against the limit of the template's data."""
    return limited(chute, "scaling_threshold")


@check(
    "LI105",
    "The chute's revision is not a commit",
    Severity.REFUSED,
    each="chute",
    why="""The API takes 40 hex digits only. `main` or a tag passes the SDK and is answered
    with 422, while the command still exits with 0.""",
    fix="Name the commit of the model, 40 hex digits.",
    before='chute = build_vllm_chute(..., revision="main")',
    after='chute = build_vllm_chute(..., revision="b968826d9c46dd6066d109eabc6255188de91218")',
)
def revision(chute: Chute) -> Iterator[Answer]:
    """None is fine: a chute of one's own may do without."""
    value = chute.value("revision")
    if not (value.known and value.value is None):
        yield from limited(chute, "revision")


@check(
    "LI106",
    "The tagline is too long",
    Severity.REFUSED,
    each="chute",
    why="The platform takes at most 1024 characters.",
    fix="Shorten it; the readme may hold 16384 characters.",
    before='chute = Chute(..., tagline="..." * 1000)',
    after='chute = Chute(..., tagline="Pictures from SDXL")',
)
def tagline(chute: Chute) -> Iterator[Answer]:
    """Against the limit of the template's data."""
    return limited(chute, "tagline")


@check(
    "LI107",
    "The readme is too long",
    Severity.REFUSED,
    each="chute",
    why="The platform takes at most 16384 characters.",
    fix="Shorten it.",
    before='chute = Chute(..., readme="words " * 5000)',
    after='chute = Chute(..., readme="What it makes and how to call it.")',
)
def readme(chute: Chute) -> Iterator[Answer]:
    """Texts that can be seen."""
    value = chute.value("readme")
    if value.known and isinstance(value.value, str) and len(value.value) > MAX_README:
        yield at(value.node, f"the readme has {len(value.value)} characters, {MAX_README} may be")


@check(
    "LI108",
    "The module is too large",
    Severity.REFUSED,
    each="chute module",
    why="The deploy sends the whole module; the platform takes at most 150000 characters.",
    fix="Move support code into a package and add it to the image.",
    before="chute.py with a table of 200000 characters",
    after='image.add("tables.json", "/app/tables.json")',
)
def code_size(module: Module) -> Iterator[Answer]:
    """The length of the file."""
    if len(module.text) > MAX_CODE:
        yield Place(module.path, 1, f"the module has {len(module.text)} characters")


@check(
    "LI109",
    "A job's timeout is out of range",
    Severity.BREAKS,
    each="job",
    why="The SDK takes no timeout, or 30 to 86400 seconds, and raises at import otherwise.",
    fix="Use 30 to 86400 seconds, or leave it out.",
    before="@chute.job(timeout=10)",
    after="@chute.job(timeout=3600)",
)
def job_timeout(job: Cord) -> Iterator[Answer]:
    """Timeouts that can be seen."""
    value = job.value("timeout")
    if (
        value.known
        and value.value is not None
        and (not isinstance(value.value, int) or not 30 <= value.value <= 86_400)
    ):
        yield at(value.node, f"timeout is {value.value!r}, it must be 30 to 86400")


@check(
    "LI110",
    "A job's port is out of range",
    Severity.BREAKS,
    each="job",
    why="""Ports 8000 to 8002 belong to the platform. A job may open 2202 and 8002 to 65535; the SDK
    raises at import for others.""",
    fix="Use 2202 or a port from 8002.",
    before='@chute.job(ports=[Port(name="ui", port=7860, proto="http")])',
    after='@chute.job(ports=[Port(name="ui", port=17860, proto="http")])',
)
def job_port(job: Cord) -> Iterator[Answer]:
    """Numbers given as `port=` inside `ports`."""
    ports = job.arguments.node("ports")
    for node in ast.walk(ports) if ports is not None else ():
        if isinstance(node, ast.keyword) and node.arg == "port":
            number = getattr(node.value, "value", None)
            if isinstance(number, int) and number != 2202 and not 8002 <= number <= 65_535:
                yield at(node.value, f"port {number} cannot be opened")


@check(
    "LI111",
    "standard_template is none the platform knows",
    Severity.REFUSED,
    each="chute",
    why="The platform accepts none, vllm, diffusion, tei and embedding.",
    fix="Use one of these, or leave it out.",
    before='chute = Chute(..., standard_template="sglang")',
    after='chute = Chute(..., standard_template="vllm")',
)
def template(chute: Chute) -> Iterator[Answer]:
    """Known names only."""
    value = chute.value("standard_template")
    if value.known and value.value not in sdk.TEMPLATES:
        yield at(value.node, f"standard_template {value.value!r} does not exist")


@check(
    "LI112",
    "A request may take longer than clients can wait",
    Severity.COSTS,
    why=f"""The public ingress answers 504 with a page of HTML after {sdk.INGRESS_SECONDS} seconds,
    in which the wait for a free instance counts. The instance works on for nobody, and its GPU
    is billed.""",
    fix="""Bound the work well below 600 seconds, or answer at once with an id and let clients ask
    for the result.""",
    before="await asyncio.wait_for(self.render(args), timeout=900)",
    after="await asyncio.wait_for(self.render(args), timeout=300)",
)
def beyond_ingress(repository: Repository) -> Iterator[Answer]:
    """Bounds in seconds, that can be seen, of what a cord waits for, also in what it calls."""
    seen: set[ast.AST] = set()
    for cord, functions in repository.cord_code:
        for function in functions:
            for call, name in calls_in(function):
                node = _bound(call, name)
                value = read(node, scope_of(call, repository)) if node is not None else None
                if value is None or not value.known or call in seen:
                    continue
                if isinstance(value.value, int | float) and value.value >= sdk.INGRESS_SECONDS:
                    seen.add(call)
                    yield at(
                        call,
                        f"{cord.function.name}() may wait {value.value:g} s here; the "
                        f"ingress ends after {sdk.INGRESS_SECONDS}",
                    )


_WAITS = {
    "asyncio.wait_for": 1,
    "asyncio.timeout": 0,
    "async_timeout.timeout": 0,
    "anyio.fail_after": 0,
    "anyio.move_on_after": 0,
    "time.sleep": 0,
    "asyncio.sleep": 0,
    "asyncio.wait": None,
    "concurrent.futures.wait": None,
    "aiohttp.ClientTimeout": None,
}
_WAITING = {"result", "wait", "communicate", "join"}


def _bound(call: ast.Call, name: str) -> ast.expr | None:
    """The seconds after which a call ends what it waits for."""
    if name in _WAITS:
        place = _WAITS[name]
        given = keyword(call, "timeout") or keyword(call, "total")
        return given or (call.args[place] if place is not None and len(call.args) > place else None)
    if name.partition(".")[0] in ("requests", "httpx", "subprocess", "urllib") or (
        last(name) in _WAITING
    ):
        return keyword(call, "timeout")
    return None
