"""What chute-new's own support code does to a cord, which is known and needs no check."""

from functools import cache
from pathlib import PurePosixPath

from scaffold.check.declared import Cord
from scaffold.check.module import home


def vouched(cord: Cord) -> bool:
    """Is the decorator of this cord one of the template's, in a file that nobody has changed?

    Its body is validated, its settings are the template's: the template's own tests say so.
    """
    classes = [kind for chute in cord.chutes for kind in chute.kind.classes]
    owners = {
        member_home
        for kind in classes
        for member_home in [home(kind)]
        if any(getattr(member, "name", "") == cord.custom.partition(".")[2] for member in kind.body)
    }
    return bool(owners) and all(module.text in _shipped(module.path) for module in owners)


@cache
def _shipped(path: str) -> frozenset[str]:
    """The texts that files of this name have in the template."""
    from scaffold.answers.questions import Questionnaire

    name = PurePosixPath(path).name
    folder = Questionnaire().template / "project"
    return frozenset(file.read_text(encoding="utf-8") for file in folder.rglob(name))
