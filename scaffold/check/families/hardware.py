"""HW: trusted hardware, GPUs and the selector."""

import ast
import difflib
from collections.abc import Iterator
from dataclasses import replace

from scaffold.check import sdk
from scaffold.check.catalog import check
from scaffold.check.declared import Chute, Selector, at, remedy, renamed, unsure
from scaffold.check.eligible import eligible
from scaffold.check.model import Answer, Edit, Severity
from scaffold.check.module import home
from scaffold.check.repository import Repository
from scaffold.check.values import Value

MAX_EXCLUDED = 5


@check(
    "HW101",
    "tee is not true",
    Severity.REFUSED,
    each="chute",
    why="""Since May 2026 the platform deploys only chutes in a trusted execution environment: an
    explicit false is a 400, and the SDK always sends its default, which is False. No page of the
    documentation mentions it.""",
    fix="Pass tee=True.",
    before="chute = Chute(username=..., name=..., image=image)",
    after="chute = Chute(username=..., name=..., image=image, tee=True)",
)
def tee(repository: Repository, chute: Chute) -> Iterator[Answer]:
    """Left out or false."""
    value = chute.value("tee")
    if not value.given:
        yield at(chute.node, f"{chute.title} does not pass tee=True", *_add_tee(chute.node))
    elif not value.known:
        yield unsure(value.node, f"tee cannot be seen: {value.why}")
    elif value.value is not True:
        place = at(value.node, f"tee is {value.value!r}: the platform answers 400")
        yield replace(place, accepted=repository.settled(tee=value.value))


def _add_tee(call: ast.Call) -> tuple[Edit, ...]:
    """A keyword after the last one, in the style of the call."""
    if not call.keywords or call.keywords[-1].arg is None:
        return ()
    module = home(call)
    last = call.keywords[-1]
    _, end = module.span(last)
    own_line = last.lineno != call.lineno
    between = ",\n" + " " * last.col_offset if own_line else ", "
    return (Edit(end, end, f"{between}tee=True"),)


@check(
    "HW102",
    "Ordinary accounts cannot deploy this hardware",
    Severity.REFUSED,
    each="chute",
    why="""Since mid-2026 the deploy route answers 400 to everybody without the unlimited-developer
    role unless the selector is exactly one GPU with include=["pro_6000"].""",
    fix="""Use NodeSelector(gpu_count=1, include=["pro_6000"]), or waive this check when your
    account is exempt.""",
    before="node_selector=NodeSelector(gpu_count=4, min_vram_gb_per_gpu=80)",
    after='node_selector=NodeSelector(gpu_count=1, min_vram_gb_per_gpu=80, include=["pro_6000"])',
)
def shape(repository: Repository, chute: Chute) -> Iterator[Answer]:
    """Any other selector, as far as it can be seen."""
    selector = repository.selector(chute)
    if selector is None:
        return
    count, include = selector.value("gpu_count"), selector.value("include")
    for value in (count, include):
        if value.given and not value.known:
            yield unsure(value.node, f"the selector cannot be seen: {value.why}")
            return
    number = count.value if count.given else 1
    names = list(include.value) if include.given and isinstance(include.value, list | tuple) else []
    if (number, [str(name).lower() for name in names]) != (1, ["pro_6000"]):
        place = at(selector.node, f"{chute.title} asks for {number} x {names or 'any GPU'}")
        yield replace(place, accepted=repository.settled(gpu_count=number, include=names))


def _named(selector: Selector) -> Iterator[tuple[Value, str]]:
    for name in ("include", "exclude"):
        value = selector.value(name)
        if value.known and isinstance(value.value, list | tuple):
            yield from ((value, gpu) for gpu in value.value if isinstance(gpu, str))


@check(
    "HW103",
    "The platform knows no GPU of that name",
    Severity.REFUSED,
    each="selector",
    why="""Names are not checked by the SDK; the API answers 422 to an unknown one, and the command
    exits with 0 all the same. The documentation uses several that do not exist (rtx4090,
    a100_80gb, t4, v100).""",
    fix="""Use the platform's name; `chute-new check --explain HW103` and the message name the
    nearest.""",
    before='NodeSelector(include=["rtx4090"])',
    after='NodeSelector(include=["4090"])',
)
def gpu_names(selector: Selector) -> Iterator[Answer]:
    """Lower-cased names against the template's table."""
    known = list(sdk.gpus())
    for value, gpu in _named(selector):
        if gpu.lower() not in known:
            yield at(value.node, f"{gpu!r} is no GPU of the platform{_nearest(gpu, known)}")


def _nearest(gpu: str, known: list[str]) -> str:
    plain = gpu.lower().replace("-", "_").removeprefix("rtx").removeprefix("_")
    near = [name for name in known if name == plain or plain in (f"{name}_80gb", f"{name}gb")]
    near = near or difflib.get_close_matches(plain, known, n=1, cutoff=0.8)
    return f"; did you mean {near[0]!r}?" if near else ""


@check(
    "HW104",
    "A GPU name has capital letters",
    Severity.REFUSED,
    each="selector",
    why="""The API checks the lower-cased name and then looks up the name as given, which fails
    with a 500 that is not even JSON.""",
    fix="Write GPU names in lower case.",
    before='NodeSelector(include=["H100"])',
    after='NodeSelector(include=["h100"])',
)
def gpu_capitals(selector: Selector) -> Iterator[Answer]:
    """Names that are known but for their capitals."""
    for value, gpu in _named(selector):
        if gpu != gpu.lower() and gpu.lower() in sdk.gpus():
            yield at(value.node, f"{gpu!r} must be {gpu.lower()!r}", *_lowered(value.node, gpu))


def _lowered(node: ast.AST, gpu: str) -> Iterator[Edit]:
    for part in ast.walk(node):
        if isinstance(part, ast.Constant) and part.value == gpu and "home" in part.__dict__:
            start, end = home(part).span(part)
            yield Edit(start, end, home(part).source(part).replace(gpu, gpu.lower()))


def _limited(selector: Selector, name: str) -> Iterator[Answer]:
    value = selector.value(name)
    limit = sdk.limits()[name]
    if value.known and not sdk.within(value.value, limit):
        yield at(value.node, f"{name} is {value.value!r}, it must be {limit['because']}")
    elif value.given and not value.known:
        yield unsure(value.node, f"{name} cannot be seen: {value.why}")


@check(
    "HW105",
    "gpu_count is out of range",
    Severity.BREAKS,
    each="selector",
    why="The SDK takes 1 to 8 and raises at import otherwise; there is no offer without a GPU.",
    fix="Use a whole number from 1 to 8.",
    before="NodeSelector(gpu_count=0)",
    after="NodeSelector(gpu_count=1)",
)
def gpu_count(selector: Selector) -> Iterator[Answer]:
    """Against the limit of the template's data."""
    return _limited(selector, "gpu_count")


@check(
    "HW106",
    "min_vram_gb_per_gpu is out of range",
    Severity.BREAKS,
    each="selector",
    why="The SDK takes 16 to 140 GB and raises at import otherwise.",
    fix="Use a whole number from 16 to 140.",
    before="NodeSelector(min_vram_gb_per_gpu=8)",
    after="NodeSelector(min_vram_gb_per_gpu=16)",
)
def vram(selector: Selector) -> Iterator[Answer]:
    """Against the limit of the template's data."""
    return _limited(selector, "min_vram_gb_per_gpu")


@check(
    "HW107",
    "max_hourly_price_per_gpu is out of range",
    Severity.BREAKS,
    each="selector",
    why="The SDK takes a price above 0 and below 10 US dollars and raises at import otherwise.",
    fix="Use a number above 0 and below 10, or leave it out.",
    before="NodeSelector(max_hourly_price_per_gpu=12)",
    after="NodeSelector(max_hourly_price_per_gpu=2.5)",
)
def price(selector: Selector) -> Iterator[Answer]:
    """Against the limit of the template's data."""
    return _limited(selector, "max_hourly_price_per_gpu")


@check(
    "HW108",
    "Too many GPUs are excluded",
    Severity.REFUSED,
    each="selector",
    why="Since 2026 the platform answers 400 to more than five names in exclude.",
    fix="Say in include what you want instead.",
    before='NodeSelector(exclude=["3090", "4090", "a5000", "l4", "a10", "a4000"])',
    after='NodeSelector(include=["pro_6000"])',
)
def excluded(selector: Selector) -> Iterator[Answer]:
    """Lists longer than five."""
    value = selector.value("exclude")
    if value.known and isinstance(value.value, list | tuple) and len(value.value) > MAX_EXCLUDED:
        yield at(value.node, f"{len(value.value)} GPUs are excluded, {MAX_EXCLUDED} may be")


@check(
    "HW109",
    "No GPU is left to run on",
    Severity.REFUSED,
    each="selector",
    why="""The platform takes what is included, or everything, less what is excluded, with enough
    memory and within the price. When nothing is left it answers 400.""",
    fix="Widen include, lower min_vram_gb_per_gpu or raise the price.",
    before='NodeSelector(include=["l40s"], min_vram_gb_per_gpu=80)',
    after='NodeSelector(include=["pro_6000"], min_vram_gb_per_gpu=80)',
)
def nothing_left(selector: Selector) -> Iterator[Answer]:
    """Only when every setting can be seen and every name exists."""
    found = {}
    for name in sdk.SELECTOR:
        value = selector.value(name)
        if value.given and not value.known:
            return
        found[name] = value.value if value.given else None
        if (
            value.given
            and name in sdk.SELECTOR[:3]
            and not sdk.within(value.value, sdk.limits()[name])
        ):
            return
    include, exclude = found["include"] or [], found["exclude"] or []
    if any(str(name).lower() not in sdk.gpus() for name in (*include, *exclude)):
        return
    least, dearest = found["min_vram_gb_per_gpu"] or 16, found["max_hourly_price_per_gpu"]
    if not eligible([str(n).lower() for n in include], exclude, least, dearest):
        yield at(selector.node, "no GPU of the platform fits all of this")


@check(
    "HW110",
    "NodeSelector does not know this keyword",
    Severity.WEAKENS,
    each="selector",
    why="""Unknown keywords of NodeSelector vanish without a word: CPU, memory, region and provider
    cannot be chosen. A pod gets its share of the host for each GPU.""",
    fix="Remove it; the five settings are gpu_count, min_vram_gb_per_gpu, include, exclude and "
    "max_hourly_price_per_gpu.",
    before="NodeSelector(gpu_count=1, min_memory_gb=64)",
    after="NodeSelector(gpu_count=1)",
)
def selector_keywords(selector: Selector) -> Iterator[Answer]:
    """Names outside of the model's fields."""
    for name, keyword in selector.arguments.keywords.items():
        if name not in sdk.SELECTOR:
            near = difflib.get_close_matches(name, sdk.SELECTOR, n=1, cutoff=0.8)
            near = near or [meant for words, meant in _MEANT if name in words and _number(keyword)]
            hint = f"; did you mean {near[0]}?" if near else ""
            free = near and near[0] not in selector.arguments
            edits = [renamed(keyword, near[0])] if free else []
            told = f"NodeSelector ignores {name}{hint}"
            yield at(keyword, told, *edits, fix=remedy(name, near, free))


# What other platforms and older guides call two of the settings.
_MEANT = (
    ({"num_gpus", "n_gpus", "gpus", "gpu_num", "number_of_gpus", "min_gpu_count"}, "gpu_count"),
    ({"min_vram", "min_vram_gb", "vram_gb", "vram", "min_gpu_vram_gb"}, "min_vram_gb_per_gpu"),
)


def _number(keyword: ast.keyword) -> bool:
    return isinstance(keyword.value, ast.Constant) and isinstance(keyword.value.value, int)


@check(
    "HW111",
    "The chute has no node_selector",
    Severity.BREAKS,
    each="chute",
    why="It can be constructed without one, but `chutes deploy` then crashes with AttributeError.",
    fix="Pass a NodeSelector.",
    before="chute = Chute(username=..., name=..., image=image)",
    after='chute = Chute(..., node_selector=NodeSelector(include=["pro_6000"]))',
)
def no_selector(chute: Chute) -> Iterator[Answer]:
    """Left out or None."""
    value = chute.value("node_selector")
    if chute.kind.builder:
        return  # the builder's own signature needs it
    if not value.given or (value.known and value.value is None):
        yield at(value.node if value.given else chute.node, f"{chute.title} has no node_selector")
