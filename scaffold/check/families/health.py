"""HE: the health check."""

import ast
from collections.abc import Iterator

from scaffold.check.catalog import check
from scaffold.check.code import calls_in, constant, last, names_in
from scaffold.check.declared import Chute, Cord, at, unsure
from scaffold.check.model import Answer, Severity
from scaffold.check.module import own_nodes
from scaffold.check.repository import Repository

_MODELS = {"model", "pipe", "pipeline", "llm", "engine", "generator"}


@check(
    "HE101",
    "There is no health cord",
    Severity.WEAKENS,
    each="chute",
    why="""Nothing tells whether an instance can serve; the platform's own probe only sees that a
    process listens. Monitors and pipelines need a cheap GET that answers with live facts.""",
    fix="Add a cord with public_api_path='/health' and public_api_method='GET' that reports state.",
    before="chute = Chute(...)",
    after=(
        "@chute.cord(path='/health', public_api_path='/health', public_api_method='GET', "
        "method='GET')\n"
        "def health(self):\n"
        "    return {'status': 'ok', 'ready_since': self.ready_since}"
    ),
)
def no_health(repository: Repository, chute: Chute) -> Iterator[Answer]:
    """No cord of the chute is named or reached like one."""
    mine = repository.cords_of(chute)
    if chute.kind.builder or any(cord.is_health for cord in mine):
        return
    jobs = any(cord.kind == "job" for cord in mine)
    hidden = next((c for c in mine if c.arguments.hidden), None)
    if hidden is not None:
        yield unsure(hidden.node, "a cord's arguments cannot be seen")
    elif repository.handed_on(chute):
        yield unsure(chute.node, "code that is not here is given the chute and may add cords")
    elif not mine and chute.made_elsewhere:
        yield unsure(chute.node, "whoever calls the function that makes it may add cords")
    elif not jobs:
        yield at(chute.node, f"{chute.title} has no health cord")


@check(
    "HE102",
    "The health cord is not a public GET",
    Severity.BREAKS,
    each="cord",
    why="""`method` is only the method inside the instance. The public one is
    public_api_method, POST unless it is given: a GET is answered with 404 by the API.""",
    fix="Pass public_api_method='GET' as well.",
    before="@chute.cord(public_api_path='/health', method='GET')",
    after="@chute.cord(public_api_path='/health', public_api_method='GET', method='GET')",
)
def not_get(cord: Cord) -> Iterator[Answer]:
    """Public health cords whose public method is not GET."""
    if not cord.is_health or not cord.value("public_api_path").given:
        return
    value = cord.value("public_api_method")
    if value.given and not value.known:
        yield unsure(value.node, f"public_api_method cannot be seen: {value.why}")
    elif not value.given or str(value.value).upper() not in ("GET", "HEAD"):
        yield at(cord.node, f"clients reach {cord.function.name}() by POST only")


@check(
    "HE103",
    "The health cord answers with an error status",
    Severity.BREAKS,
    each="handler",
    why="""The platform delivers only 400 and 429. A 503 is retried elsewhere, reaches the client as
    500 and counts as a failure; after seven the instance is taken out. The check harms what it
    watches.""",
    fix="""Answer 200 with the state in the body while the instance can recover; end the
    process when it cannot.""",
    before="raise HTTPException(status_code=503, detail='model not loaded')",
    after="return {'status': 'loading', 'ready': False}",
)
def error_status(cord: Cord) -> Iterator[Answer]:
    """HTTPException in a health cord."""
    if cord.is_health:
        for call, name in calls_in(cord.function):
            if last(name) == "HTTPException":
                yield at(call, "an error status makes the platform count this instance as failing")


@check(
    "HE104",
    "The health cord runs the model",
    Severity.COSTS,
    each="handler",
    why="""Each check takes a slot of the chute's concurrency and GPU time, and answers 429
    while the chute is busy: a busy service looks like a broken one.""",
    fix="""Report what requests have shown: the time of the last success, the phase, what is in
    flight.""",
    before="def health(self):\n    self.model.generate('ping')",
    after="def health(self):\n    return {'last_success': self.last_success}",
)
def runs_model(cord: Cord) -> Iterator[Answer]:
    """Calls on self.model and the like in a health cord."""
    if not cord.is_health:
        return
    for call, name in calls_in(cord.function):
        parts = name.split(".")
        owner = (
            parts[1:-1] if parts[-1] in ("generate", "encode", "predict", "infer") else parts[1:]
        )
        if len(parts) > 1 and set(owner) & _MODELS and parts[-1] not in ("is_alive", "poll"):
            yield at(call, f"{name}() runs at every health check")


@check(
    "HE105",
    "The health cord says the same whatever happens",
    Severity.WEAKENS,
    each="handler",
    why="""A constant answer is given for as long as the process listens, whether or not the model
    works. The code review of some platform versions refuses cords that return only constants.""",
    fix="""Return live facts: what is loaded, since when, what is in flight, when the last one
    worked.""",
    before="def health(self):\n    return {'status': 'healthy'}",
    after="def health(self):\n    return {'status': self.phase, 'last_success': self.last_success}",
)
def constant_answer(cord: Cord) -> Iterator[Answer]:
    """All returned expressions are literals."""
    returned = list(cord.returns())
    if not cord.is_health or not returned:
        return
    raising = any(isinstance(node, ast.Raise) for node in own_nodes(cord.function))
    if not raising and all(not names_in(node) for node in returned):
        yield at(returned[0], f"{cord.function.name}() always answers the same")


@check(
    "HE106",
    "The health cord's answer says an error with status 200",
    Severity.WEAKENS,
    each="handler",
    why="""A tuple or a status in the body is not a status code: the client gets 200. (Flask's
    `return body, 503` is serialised as a list of two.)""",
    fix="Return one dict that says the state.",
    before="return {'status': 'unhealthy'}, 503",
    after="return {'status': 'unhealthy', 'reason': self.reason}",
)
def tuple_answer(cord: Cord) -> Iterator[Answer]:
    """A returned tuple that ends in a number."""
    for node in cord.returns():
        if isinstance(node, ast.Tuple) and node.elts and isinstance(constant(node.elts[-1]), int):
            yield at(node, "the client gets 200 and a list")
