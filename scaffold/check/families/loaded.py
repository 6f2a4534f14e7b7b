"""LD: what only the built objects show; these run with `--load`."""

import re
from collections.abc import Iterator
from typing import Any

from scaffold.check import sdk
from scaffold.check.catalog import check
from scaffold.check.model import Answer, Place, Severity
from scaffold.check.repository import Repository

_INSTRUCTION = re.compile(
    r"^(FROM|RUN|ADD|COPY|ENV|USER|WORKDIR|ENTRYPOINT|CMD|MAINTAINER|LABEL|ARG|SHELL)\b", re.I
)


def _chutes(repository: Repository) -> Iterator[tuple[str, int, dict[str, Any]]]:
    """File, line and description of every chute that was loaded."""
    for file, found in repository.loaded.items():
        for variable, chute in found.items():
            if isinstance(chute, dict):
                sites = [c.site.lineno for c in repository.chutes if c.variable == variable]
                yield file, sites[0] if sites else 1, chute


@check(
    "LD101",
    "The module cannot be imported",
    Severity.BREAKS,
    why="""build, deploy and the platform import it first of all. (It was imported with an
    empty home directory, without secrets, and with 60 seconds and 4 GiB.)""",
    fix="Do what needs the platform, a model or a secret in startup hooks.",
    before="model = download()",
    after="@chute.on_startup()\nasync def load(self):\n    self.model = download()",
)
def cannot_load(repository: Repository) -> Iterator[Answer]:
    """Files whose process said so."""
    for file, found in repository.loaded.items():
        if isinstance(found.get("error"), str):
            yield Place(file, 1, found["error"])


@check(
    "LD102",
    "The Dockerfile is broken",
    Severity.BREAKS,
    why="A line that starts with no instruction, or an instruction without text, ends the build.",
    fix="Give run_command one line, or lines that end in a backslash.",
    before='image.run_command(script)  # script = "a\\nb"',
    after='image.run_command(" && ".join(script.splitlines()))',
)
def dockerfile(repository: Repository) -> Iterator[Answer]:
    """Lines of the text the SDK sends."""
    for file, line, chute in _chutes(repository):
        if chute["image_text"]:
            continue
        wrong = next(_wrong_lines(chute["dockerfile"]), None)
        if wrong is not None:
            yield Place(file, line, f"the Dockerfile has the line {wrong!r}")


def _wrong_lines(text: str) -> Iterator[str]:
    goes_on = False
    heredoc = "<<" in text
    for line in text.splitlines():
        if (
            line.strip()
            and not goes_on
            and not line.startswith("#")
            and not heredoc
            and (not _INSTRUCTION.match(line) or re.fullmatch(r"[A-Z]+\s*", line))
        ):
            yield line[:60]
        goes_on = line.rstrip().endswith("\\")


@check(
    "LD103",
    "A setting of the built chute is out of range",
    Severity.REFUSED,
    why="""The source hides the value; the object that would be deployed has one the platform
    refuses.""",
    fix="Correct what computes it, and better write it down.",
    before="chute = Chute(..., max_instances=compute())",
    after="chute = Chute(..., max_instances=3)",
)
def settings(repository: Repository) -> Iterator[Answer]:
    """The limits of the template's data, selector included."""
    names = (
        "concurrency",
        "max_instances",
        "shutdown_after_seconds",
        "scaling_threshold",
        "tagline",
    )
    for file, line, chute in _chutes(repository):
        every = {name: chute[name] for name in names} | {
            name: (chute["selector"] or {}).get(name) for name in sdk.SELECTOR[:3]
        }
        if chute["revision"] is not None:
            every["revision"] = chute["revision"]
        for name, value in every.items():
            limit = sdk.limits()[name]
            if value is not None and not sdk.within(value, limit):
                yield Place(file, line, f"{name} is {value!r}, it must be {limit['because']}")
        if chute["tee"] is not True and not repository.answers:
            yield Place(file, line, "tee is not true: the platform answers 400")


@check(
    "LD104",
    "A path or method of a built cord is refused",
    Severity.REFUSED,
    why="The source hides it; the object that would be deployed has one the API refuses.",
    fix="Use lower-case segments that start with a letter, and a method in capital letters.",
    before='@chute.cord(public_api_path=f"/v1/{VERSION}")',
    after='@chute.cord(public_api_path="/v1/images")',
)
def paths(repository: Repository) -> Iterator[Answer]:
    """What each cord has become."""
    for file, line, chute in _chutes(repository):
        for cord in chute["cords"]:
            path, public = cord["path"] or "", cord["public_api_path"]
            named = cord["function"] or path
            if not sdk.PATH.fullmatch(path):
                yield Place(file, line, f"{named}: the path {path!r} is refused")
            if not public:
                yield Place(file, line, f"{named} has no public path")
            elif not sdk.PUBLIC.fullmatch(public) or cord["public_api_method"] not in sdk.METHODS:
                yield Place(file, line, f"{named}: {cord['public_api_method']} {public} is refused")
