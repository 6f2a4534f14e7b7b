"""ME: numbers about the chute."""

import ast
from collections.abc import Iterator

from scaffold.check.catalog import check
from scaffold.check.code import constant, keyword, last
from scaffold.check.declared import at
from scaffold.check.model import Answer, Place, Severity
from scaffold.check.module import Module, function_around, home
from scaffold.check.repository import Repository

_KINDS = {"Counter", "Gauge", "Histogram", "Summary", "Info", "Enum"}
_PERSONAL = {"user", "user_id", "prompt", "request_id", "session_id", "ip", "email", "message"}


def _metrics(repository: Repository, module: Module) -> Iterator[tuple[ast.Call, str]]:
    """Metrics of prometheus_client made in a module, with their names."""
    for call, name in repository.calls(module):
        if name.startswith("prometheus_client.") and last(name) in _KINDS and call.args:
            yield call, str(constant(call.args[0]) or "")


@check(
    "ME101",
    "Two metrics have one name",
    Severity.BREAKS,
    why="prometheus_client raises when a name is registered twice: the module cannot be imported.",
    fix="Give each metric a name of its own, and keep them in one module.",
    before='A = Counter("requests", "...")\nB = Counter("requests", "...")',
    after='A = Counter("requests", "...")\nB = Counter("refusals", "...")',
)
def twice(repository: Repository) -> Iterator[Answer]:
    """Names that can be seen, across the deployed files; Counter("x_total") is x."""
    seen: set[str] = set()
    for module in repository.deployed:
        for call, name in _metrics(repository, module):
            name = name.removesuffix("_total")
            if name and keyword(call, "registry") is None:
                if name in seen:
                    yield at(call, f"{name} is registered before")
                seen.add(name)


@check(
    "ME102",
    "A metric is made for each request",
    Severity.BREAKS,
    each="module",
    why="""Making it registers its name; the second request raises "Duplicated timeseries".""",
    fix="Make metrics at module level.",
    before="def generate(self, args):\n    Counter('images', '...').inc()",
    after="IMAGES = Counter('images', '...')\n\ndef generate(self, args):\n    IMAGES.inc()",
)
def per_request(repository: Repository, module: Module) -> Iterator[Answer]:
    """Metrics made in functions that run for a request."""
    running = set(repository.request_code)
    for call, name in _metrics(repository, module):
        if (
            keyword(call, "registry") is None
            and function_around(call) in running
            and not _factory(call)
        ):
            yield at(call, f"{name or 'the metric'} is registered again at every call")


def _factory(call: ast.Call) -> bool:
    """Is it made in a function that makes a chute, which runs once?"""
    function = function_around(call)
    return function is not None and any(
        last(ast.unparse(c.func)).endswith("Chute")
        for c in ast.walk(function)
        if isinstance(c, ast.Call)
    )


@check(
    "ME103",
    "Metrics are served or pushed where nobody can read them",
    Severity.BREAKS,
    each="module",
    why="""No port of an instance but the chute's can be reached, and the network is closed: a
    server of one's own answers nobody, a push gateway is not reached.""",
    fix="""Use the default registry, which the SDK serves at /_metrics to the platform, and a
    cord that returns generate_latest() when you want to read it.""",
    before="start_http_server(9090)",
    after="@chute.cord(public_api_path='/metrics', public_api_method='GET', method='GET')\n"
    "def metrics(self):\n    return Response(generate_latest(), media_type='text/plain')",
)
def own_port(repository: Repository, module: Module) -> Iterator[Answer]:
    """start_http_server and the gateways."""
    for call, name in repository.calls(module):
        if last(name) in (
            "start_http_server",
            "push_to_gateway",
            "pushadd_to_gateway",
        ) and name.startswith(("prometheus_client", last(name))):
            yield at(call, f"{last(name)} reaches nobody")


@check(
    "ME104",
    "A label has a value for each user or request",
    Severity.WEAKENS,
    each="module",
    why="""Every value makes a time series that stays in memory until the instance ends, and
    personal data gets into the monitoring.""",
    fix="Label by what has few values: the route, the status, the model.",
    before='Counter("requests", "...", ["user_id"])',
    after='Counter("requests", "...", ["route", "status"])',
)
def many_values(repository: Repository, module: Module) -> Iterator[Answer]:
    """Label names that mean persons or requests."""
    for call, _ in _metrics(repository, module):
        labels = keyword(call, "labelnames") or (call.args[2] if len(call.args) > 2 else None)
        for part in ast.walk(labels) if labels is not None else ():
            if isinstance(part, ast.Constant) and part.value in _PERSONAL:
                yield at(call, f"the label {part.value} has a value for each of them")


@check(
    "ME105",
    "A scraper is pointed at /_metrics",
    Severity.BREAKS,
    why="""/_metrics answers private addresses only, and the API does not route it: a scraper
    outside gets 401 or 404.""",
    fix="Publish a cord that returns generate_latest() and scrape its public path with a key.",
    before="metrics_path: /_metrics",
    after="metrics_path: /metrics",
)
def scraped(repository: Repository) -> Iterator[Answer]:
    """Scrape configurations and requests that name it."""
    for name, text in repository.tree.ending(".yml", ".yaml"):
        for number, line in enumerate(text.splitlines(), start=1):
            if line.strip().startswith("metrics_path:") and "/_metrics" in line:
                yield Place(name, number, "/_metrics cannot be reached from outside")
    for module in repository.modules:
        for node in module.of(ast.Constant):
            if isinstance(node.value, str) and "chutes.ai/_metrics" in node.value:
                yield at(node, f"{home(node).path} asks for what is not routed")
