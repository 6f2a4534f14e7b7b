"""EN: what is wrong with the checking itself."""

import re
import sys
from collections.abc import Iterator

from scaffold.check.catalog import check
from scaffold.check.model import Answer, Place, Severity, Unsure
from scaffold.check.repository import Repository
from scaffold.check.tree import rows

# What Python 3.12, which the platform runs, took up: type parameters, aliases, freer f-strings.
_NEWER = re.compile(r"^\s*(type\s+\w+\b.*=|class\s+\w+\[|(async\s+)?def\s+\w+\[)")


@check(
    "EN101",
    "There is nothing to check",
    Severity.BREAKS,
    why="""No chute was found. A run that looked at nothing must not count as a success, or a wrong
    path in a pipeline goes unnoticed for ever.""",
    fix="Point the command at the folder or file that declares the chute.",
    before="chute-new check docs/",
    after="chute-new check .",
)
def nothing(repository: Repository) -> Iterator[Answer]:
    """No chutes, no cords, and no parts of them either; a script alone deploys them."""
    parts = [repository.cords, repository.hooks, repository.images, repository.selectors]
    if repository.single:
        parts.append(repository.scripts)
    if not repository.chutes and not any(parts):
        name = repository.tree.names[0] if repository.single else "."
        broken = filter(repository.tree.broken, repository.sources)
        if not any(_of_a_chute(repository, source) for source in broken):
            yield _written(repository) or Place(name, 1, "no chute is declared here")


def _written(repository: Repository) -> Place | None:
    """Where a chute is only written as a template, or as a text in Python."""
    told = "a chute is written here as a text that a program fills in"
    for name, text in repository.tree.ending(".j2", ".jinja", ".jinja2", ".tmpl", ".py"):
        found = _USES.search(text)
        if found and (not name.endswith(".py") or name in repository.sources):
            return Place(name, text.count("\n", 0, found.start()) + 1, told, fix=_RENDERED)
    return None


_USES = re.compile(r"^[ \t]*from chutes\.chute\S* import\b", re.M)
_RENDERED = "Check what comes out when it is filled in: chute-new check THAT_FILE.py"


@check(
    "EN102",
    "A check crashed",
    Severity.BREAKS,
    why="""A check that crashes has not checked anything. The other checks ran; this one is a defect
    of chute-new.""",
    fix="Report it with the message; `--ignore` the id named in it to go on.",
    before="chute-new check .",
    after="chute-new check . --ignore PI101",
)
def crashed(repository: Repository) -> Iterator[Answer]:
    """Entered by the engine."""
    yield from ()


@check(
    "EN103",
    "A file is not valid Python",
    Severity.REFUSED,
    why="""The platform parses the module with `ast.parse` before anything else and refuses a deploy
    that does not parse; a file that is imported fails when the chute starts.""",
    fix="Correct the syntax.",
    before="chute = Chute(username='alice', ..., concurrency=4)",
    after="chute = Chute(username='alice', concurrency=4)",
)
def unparsable(repository: Repository) -> Iterator[Answer]:
    """Files ending in .py that `ast.parse` refuses, tests apart.

    A warning where no chute imports the file: the platform never sees it. What an older Python
    than the platform's refuses may be right there.
    """
    for name in repository.sources:
        problem = repository.tree.broken(name)
        if problem:
            line, _, message = problem.removeprefix("line ").partition(": ")
            if sys.version_info < (3, 12) and _newer(repository.tree.text(name), line, message):
                yield Unsure(name, int(line), f"it may need Python 3.12, this is {_PYTHON}")
            else:
                kept = "" if _of_a_chute(repository, name) else "no chute here imports it"
                yield Place(name, int(line), f"does not parse: {message}", accepted=kept)


_PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"


def _newer(text: str | None, line: str, message: str) -> bool:
    lines = rows(text or "")
    shown = lines[int(line) - 1] if 0 < int(line) <= len(lines) else ""
    return message.startswith("f-string") or bool(_NEWER.match(shown))


def _of_a_chute(repository: Repository, name: str) -> bool:
    """Does it use the SDK itself, or does a file of a chute import it?"""
    parts = name.removesuffix(".py").removesuffix("/__init__").split("/")
    ends = {".".join(parts[place:]) for place in range(len(parts))}
    imported = not ends.isdisjoint(repository.imported)
    return repository.single or imported or "chutes" in (repository.tree.text(name) or "")


@check(
    "EN104",
    "A waiver is not in order",
    Severity.WEAKENS,
    why="""A waiver without a reason cannot be judged by the next reader, an expired one was
    meant to be gone by now, and one with a misspelt id waives nothing.""",
    fix="Give the reason, renew or remove it, or correct the id.",
    before="image.run_command('pip install torch')  # chute-new: ignore[PI101]",
    after="image.run_command('pip install torch')  # chute-new: ignore[PI101] a throw-away demo",
)
def waiver(repository: Repository) -> Iterator[Answer]:
    """Entered by the engine."""
    yield from ()
