"""EN: what is wrong with the checking itself."""

from collections.abc import Iterator

from scaffold.check.catalog import check
from scaffold.check.model import Answer, Place, Severity
from scaffold.check.repository import Repository


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
        if not any(map(repository.tree.broken, repository.sources)):
            yield Place(name, 1, "no chute is declared here")


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
    """Files ending in .py that `ast.parse` refuses, tests apart."""
    for name in repository.sources:
        problem = repository.tree.broken(name)
        if problem:
            line, _, message = problem.removeprefix("line ").partition(": ")
            yield Place(name, int(line), f"does not parse: {message}")


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
