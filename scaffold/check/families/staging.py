"""SG: a second chute to try changes on."""

import ast
from collections.abc import Iterator
from dataclasses import replace

from scaffold.check.catalog import check
from scaffold.check.declared import Chute, at, unsure
from scaffold.check.model import Answer, Severity
from scaffold.check.repository import Repository

_WORDS = ("staging", "stage", "preview", "canary")
# Names of models end so as well: FLUX.1-dev. They tell something beside another chute only.
_ENDINGS = ("-dev", "-test")


def _staging(chute: Chute, *others: Chute) -> bool:
    texts = [chute.variable, _named(chute)]
    if any(word in text for text in texts for word in _WORDS):
        return True
    stem = next((_named(chute).removesuffix(e) for e in _ENDINGS if _named(chute).endswith(e)), "")
    return bool(stem) and any(_named(other) == stem for other in others)


def _named(chute: Chute) -> str:
    name = chute.value("name")
    return name.value if name.known and isinstance(name.value, str) else ""


@check(
    "SG101",
    "There is no staging chute",
    Severity.WEAKENS,
    why="""A deploy replaces what clients use. Without a second chute every change is tried on
    them, and there is no way back but another deploy.""",
    fix="""Make the chute in a function and call it twice, as NAME and NAME-staging, on the
    same image and hardware; deploy and try the second first. (A second name costs a second
    deployment fee.)""",
    before='chute = Chute(name="sdxl", ...)',
    after='prod = make_chute("sdxl")\nstaging = make_chute("sdxl-staging")',
)
def no_staging(repository: Repository) -> Iterator[Answer]:
    """No chute's variable or name says staging."""
    chutes = repository.chutes
    if not chutes or any(_staging(chute, *chutes) for chute in chutes):
        return
    hidden = next((c for c in chutes if c.value("name").given and not c.value("name").known), None)
    if hidden is not None and not hidden.kind.builder:
        yield unsure(hidden.node, f"the name cannot be seen: {hidden.value('name').why}")
    else:
        yield at(chutes[0].node, f"{chutes[0].title} has no staging twin")


def _pairs(repository: Repository) -> Iterator[tuple[Chute, Chute]]:
    """Production and staging chutes of the same file."""
    chutes = repository.chutes
    for staging in (chute for chute in chutes if _staging(chute, *chutes)):
        for prod in chutes:
            if not _staging(prod, *chutes) and prod.module is staging.module:
                yield prod, staging


@check(
    "SG102",
    "Staging runs on another image",
    Severity.WEAKENS,
    why="What was tried is not what is promoted: a fault of the new image shows in production.",
    fix="Give both chutes the same image.",
    before="staging = Chute(name='sdxl-staging', image=next_image, ...)",
    after="staging = Chute(name='sdxl-staging', image=image, ...)",
)
def other_image(repository: Repository) -> Iterator[Answer]:
    """Two images that can be seen."""
    for prod, staging in _pairs(repository):
        one, other = repository.image(prod), repository.image(staging)
        if one is not None and other is not None and one is not other:
            yield at(staging.site, "staging and production run different images")


@check(
    "SG103",
    "Staging runs on other hardware",
    Severity.WEAKENS,
    why="Memory, speed and kernels differ from card to card: what works there may not work here.",
    fix="Give both chutes the same node_selector.",
    before='staging = Chute(..., node_selector=NodeSelector(include=["l40s"]))',
    after='staging = Chute(..., node_selector=NodeSelector(include=["pro_6000"]))',
)
def other_hardware(repository: Repository) -> Iterator[Answer]:
    """Selectors whose settings can be seen and differ."""
    for prod, staging in _pairs(repository):
        one, other = repository.selector(prod), repository.selector(staging)
        if one is None or other is None:
            continue
        names = set(one.arguments.nodes) | set(other.arguments.nodes)
        seen = [(one.value(name), other.value(name)) for name in sorted(names)]
        if all(v.known or not v.given for pair in seen for v in pair) and any(
            a.value != b.value for a, b in seen
        ):
            yield at(staging.site, "staging and production run on different hardware")


@check(
    "SG104",
    "Two chutes have the same name",
    Severity.BREAKS,
    why="""The name decides the chute's id: deploying the second replaces the first.""",
    fix="Give each a name of its own.",
    before='prod = make("sdxl")\nstaging = make("sdxl")',
    after='prod = make("sdxl")\nstaging = make("sdxl-staging")',
)
def same_name(repository: Repository) -> Iterator[Answer]:
    """Names and user names that can be seen, within one file."""
    seen: dict[tuple[str, str, str], ast.Call] = {}
    for chute in repository.chutes:
        name, user = chute.value("name"), chute.value("username")
        if name.known and user.known and chute.variable:
            key = (chute.module.path, str(user.value), str(name.value))
            if key in seen and seen[key] is not chute.site:
                yield at(chute.site, f"{name.value!r} is deployed over the other one")
            seen[key] = chute.site


@check(
    "SG105",
    "Staging can grow larger than production",
    Severity.COSTS,
    why="What is only tried should not cost more than what is used.",
    fix="Give staging a smaller max_instances, usually 1.",
    before="prod = make(max_instances=2)\nstaging = make(max_instances=10)",
    after="prod = make(max_instances=2)\nstaging = make(max_instances=1)",
)
def larger(repository: Repository) -> Iterator[Answer]:
    """Numbers that can be seen."""
    for prod, staging in _pairs(repository):
        one, other = prod.value("max_instances"), staging.value("max_instances")
        if isinstance(one.value, int) and isinstance(other.value, int) and other.value > one.value:
            told = f"staging may have {other.value} instances, production {one.value}"
            accepted = repository.settled(staging_max_instances=other.value)
            yield replace(at(other.node, told), accepted=accepted)
