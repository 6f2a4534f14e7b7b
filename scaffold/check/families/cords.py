"""PA: how a cord is declared and reached."""

import ast
import difflib
import re
from collections import defaultdict
from collections.abc import Iterator

from scaffold.check import sdk
from scaffold.check.catalog import check
from scaffold.check.declared import Cord, at, remedy, renamed, unsure
from scaffold.check.model import Answer, Edit, Severity
from scaffold.check.module import home, parameters
from scaffold.check.repository import Repository


def _path(cord: Cord, argument: str, pattern: re.Pattern[str]) -> Iterator[Answer]:
    value = cord.value(argument)
    if value.known and isinstance(value.value, str):
        if value.value and not pattern.fullmatch(sdk.normalised(value.value)):
            yield at(value.node, f"the path {value.value!r} is refused")
    elif value.given and not value.known:
        yield unsure(value.node, f"{argument} cannot be seen: {value.why}")


@check(
    "PA101",
    "The cord's path is refused",
    Severity.REFUSED,
    each="cord",
    why="""Segments of a path start with a lower-case letter and hold letters, digits and
    underscores. There are no path parameters, dots or query strings; the SDK raises for most
    of it, the API for the rest.""",
    fix="Use a path such as /generate; what varies goes into the body.",
    before='@chute.cord(path="/jobs/{job_id}", ...)',
    after='@chute.cord(path="/job_status", ...)  # job_id in the body',
)
def path(cord: Cord) -> Iterator[Answer]:
    """Paths that can be seen, as the SDK hands them on, against the API's expression."""
    value = cord.value("path")
    if not (value.known and value.value is None):
        yield from _path(cord, "path", sdk.PATH)


@check(
    "PA102",
    "The function's name is no path",
    Severity.BREAKS,
    each="cord",
    why="""Without path= the function's name becomes the path. Capital letters, or a leading
    underscore or digit in the API, are refused.""",
    fix="Pass path=, or use lower-case letters.",
    before="@chute.cord(...)\ndef generateImage(self, args): ...",
    after="@chute.cord(...)\ndef generate_image(self, args): ...",
)
def function_name(cord: Cord) -> Iterator[Answer]:
    """Names that do not match, where path is left out."""
    if not cord.value("path").given and not sdk.PATH.fullmatch(f"/{cord.function.name}"):
        yield at(cord.function, f"/{cord.function.name} is refused as a path")


@check(
    "PA103",
    "The public path is refused",
    Severity.REFUSED,
    each="cord",
    why="""Segments start with a letter and hold lower-case letters, digits, hyphens and
    underscores. "/v1/3d" and "/_internal" pass the SDK and fail at the API; "/", capitals,
    dots and braces fail in the SDK.""",
    fix="Use a path such as /v1/images; what varies goes into the body.",
    before='@chute.cord(public_api_path="/v1/3d")',
    after='@chute.cord(public_api_path="/v1/three-d")',
)
def public_path(cord: Cord) -> Iterator[Answer]:
    """Paths that can be seen, as the SDK hands them on, against the API's expression."""
    value = cord.value("public_api_path")
    if not (value.known and value.value is None):
        yield from _path(cord, "public_api_path", sdk.PUBLIC)


@check(
    "PA104",
    "Nobody can reach the cord",
    Severity.BREAKS,
    each="cord",
    why="""A cord without public_api_path is not reachable from outside, and `chutes run --dev`
    crashes on it at start-up. One with /ping is never asked: the API answers that path itself on
    every host. GET /pricing was answered with the platform's own prices on the host of a chute
    that had such a cord.""",
    fix="Pass public_api_path, another than /ping and /pricing.",
    before="@chute.cord()\ndef generate(self, args): ...",
    after='@chute.cord(public_api_path="/generate")\ndef generate(self, args): ...',
)
def unreachable(cord: Cord) -> Iterator[Answer]:
    """public_api_path left out, None or empty, which the SDK drops alike; or the API's own."""
    value = cord.value("public_api_path")
    get = str(cord.value("public_api_method").value).upper() == "GET"
    if cord.public_path in sdk.ANSWERED_PATHS or (get and cord.public_path in sdk.ANSWERED_GETS):
        yield at(value.node, f"{cord.public_path} is answered by the API, never by the chute")
    if (value.known and not value.value) or (not value.given and not cord.arguments.hidden):
        yield at(cord.node, f"{cord.function.name}() has no public path")


@check(
    "PA105",
    "method= does not set the public method",
    Severity.BREAKS,
    each="cord",
    why="""`method` is only the method of the call inside the instance. The public one is
    public_api_method, POST unless it is given: clients that send GET are answered 404 or 405.""",
    fix="Pass public_api_method as well.",
    before='@chute.cord(public_api_path="/models", method="GET")',
    after='@chute.cord(public_api_path="/models", public_api_method="GET", method="GET")',
)
def inner_method(cord: Cord) -> Iterator[Answer]:
    """A method other than POST without public_api_method; health cords have their own check."""
    value = cord.value("method")
    if (
        value.known
        and value.value != "POST"
        and not cord.value("public_api_method").given
        and (not cord.is_health or not cord.value("public_api_path").given)
    ):
        yield at(cord.node, f"clients reach {cord.function.name}() by POST, not {value.value}")


@check(
    "PA106",
    "The public method is refused",
    Severity.REFUSED,
    each="cord",
    why="""The API takes GET, POST, PUT, PATCH, DELETE and HEAD in capital letters (before
    mid-2026 only GET and POST).""",
    fix="Write the method in capital letters.",
    before='@chute.cord(public_api_path="/models", public_api_method="get")',
    after='@chute.cord(public_api_path="/models", public_api_method="GET")',
)
def public_method(cord: Cord) -> Iterator[Answer]:
    """Methods that can be seen."""
    value = cord.value("public_api_method")
    if value.known and value.value not in sdk.METHODS:
        edits = []
        if isinstance(value.value, str) and value.value.upper() in sdk.METHODS:
            module = home(value.node)
            start, end = module.span(value.node)
            source = module.source(value.node)
            edits = [Edit(start, end, source.replace(value.value, value.value.upper()))]
        yield at(value.node, f"the public method {value.value!r} is refused", *edits)


@check(
    "PA107",
    "The cord has no such setting",
    Severity.WEAKENS,
    each="cord",
    why="""Cord hands keywords it does not know to an HTTP session that is not used for
    requests from clients: a misspelt setting, `timeout` or `rate_limit`, disappears without a
    word.""",
    fix="Remove it, or correct the name.",
    before='@chute.cord(public_api_path="/generate", timeout=30)',
    after='@chute.cord(public_api_path="/generate")',
)
def unknown(cord: Cord) -> Iterator[Answer]:
    """Keywords outside of the signature, and of what aiohttp's session and an override take."""
    own = {arg.arg for c in cord.chutes if (m := c.kind.method("cord")) for arg in parameters(m)}
    for name, keyword in cord.arguments.keywords.items():
        if name not in (*sdk.CORD, *sdk.SESSION) and name not in own:
            near = difflib.get_close_matches(name, sdk.CORD, n=1, cutoff=0.75)
            hint = f"; did you mean {near[0]}?" if near else ""
            free = near and near[0] not in cord.arguments
            edits = [renamed(keyword, near[0])] if free else []
            yield at(keyword, f"{name} has no effect{hint}", *edits, fix=remedy(name, near, free))


@check(
    "PA108",
    "Two cords share a name or a path",
    Severity.BREAKS,
    why="""The SDK strips outer slashes from a path and puts one in front. It raises DuplicatePath
    for two cords that then have one path=, which is the function's name where it is left out.
    With one public path and method the platform picks one of them; only a stream and its plain
    twin may share.""",
    fix="Give each function and each path a name of its own.",
    before=(
        '@chute.cord(public_api_path="/generate")\n'
        "def small(self, args): ...\n"
        '@chute.cord(public_api_path="/generate")\n'
        "def large(self, args): ..."
    ),
    after='@chute.cord(public_api_path="/generate/small") ... "/generate/large"',
)
def duplicates(repository: Repository) -> Iterator[Answer]:
    """Within the function or module that declares them."""
    named: dict[tuple[object, str, str], list[Cord]] = defaultdict(list)
    reached: dict[tuple[object, str, str], list[Cord]] = defaultdict(list)
    for cord in repository.cords:
        if cord.kind != "cord" or (cord.custom and not cord.custom.endswith(".cord")):
            continue
        where = id(cord.chutes[0].node) if cord.chutes else home(cord.function).path
        receiver = ast.unparse(cord.decorator.func)
        inner = cord.value("path")
        if inner.known and isinstance(inner.value, str) and inner.value:
            named[where, receiver, f"path={sdk.normalised(inner.value)}"].append(cord)
        elif not inner.given or inner.known:
            named[where, receiver, f"path=/{cord.function.name}"].append(cord)
        method = cord.value("public_api_method")
        if cord.public_path and (method.known or not method.given):
            kind = f"{method.value or 'POST'} {cord.public_path}"
            reached[where, f"{receiver} {cord.on('stream')}", kind].append(cord)
    taken: dict[Cord, list[str]] = defaultdict(list)
    for (_, _, what), cords in (*named.items(), *reached.items()):
        for cord in cords[1:]:
            taken[cord].append(what)
    for cord, both in taken.items():
        verb = "is" if len(both) == 1 else "are"
        yield at(cord.node, f"{' and '.join(both)} {verb} taken by another cord")


@check(
    "PA109",
    "The path belongs to the platform",
    Severity.REFUSED,
    each="cord",
    why="""The API of mid-2026 answers /evidence and /hf_info for every chute itself, and refuses a
    cord with one of these public paths, whatever its capitals and outer slashes. The SDK takes
    them, and so did the validators of the API of May 2026.""",
    fix="Use another path.",
    before='@chute.cord(public_api_path="/evidence")',
    after='@chute.cord(public_api_path="/facts")',
)
def reserved(cord: Cord) -> Iterator[Answer]:
    """Those paths, as the SDK hands them on."""
    if cord.public_path.casefold() in sdk.RESERVED_PATHS:
        yield at(cord.value("public_api_path").node, f"{cord.public_path} is the platform's")


@check(
    "PA110",
    "The passthrough goes to the chute itself",
    Severity.BREAKS,
    each="cord",
    why="""Without passthrough_port the target is port 8000, where the chute itself listens: it
    calls itself or gets 404.""",
    fix="Pass the engine's port; the SDK's templates use 10101.",
    before='@chute.cord(public_api_path="/v1/chat/completions", passthrough=True)',
    after="@chute.cord(..., passthrough=True, passthrough_port=10101)",
)
def own_port(cord: Cord) -> Iterator[Answer]:
    """passthrough without a port, or with one of the platform's."""
    if not cord.on("passthrough"):
        return
    value = cord.value("passthrough_port")
    if not value.given or (value.known and value.value in (None, 8000, 8001, 8002)):
        yield at(cord.node, f"{cord.function.name}() is passed to port {value.value or 8000}")


@check(
    "PA111",
    "The engine is called with another method",
    Severity.BREAKS,
    each="cord",
    why="""public_api_method is what clients send, method what the engine gets. A public GET whose
    method is left out calls the engine with POST.""",
    fix="Set both.",
    before=(
        '@chute.cord(public_api_path="/v1/models", public_api_method="GET", passthrough=True, ...)'
    ),
    after='@chute.cord(..., public_api_method="GET", method="GET", passthrough=True, ...)',
)
def upstream_method(cord: Cord) -> Iterator[Answer]:
    """Passthrough cords whose two methods differ."""
    public, inner = cord.value("public_api_method"), cord.value("method")
    if (
        cord.on("passthrough")
        and public.known
        and (inner.known or not inner.given)
        and (inner.value or "POST") != public.value
    ):
        yield at(cord.node, f"clients send {public.value}, the engine gets {inner.value or 'POST'}")
