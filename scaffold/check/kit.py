"""What the decorators of chutekit do to a cord, which is known and needs no check."""

import hashlib
from functools import cache
from pathlib import Path, PurePosixPath

from scaffold.check.declared import Cord
from scaffold.check.module import home

RELEASED = Path(__file__).parent.parent / "history" / "decorators.txt"


def vouched(cord: Cord) -> bool:
    """Is the decorator of this cord chutekit's, in a file that is as some version made it?

    Its body is validated, its settings are the template's: the tests of that version say so. What
    the repository says of itself, as in chutekit/MANIFEST.json, proves nothing: anyone can write
    it. So the file is compared with the template here and with the releases.
    """
    classes = [kind for chute in cord.chutes for kind in chute.kind.classes]
    owners = {
        member_home
        for kind in classes
        for member_home in [home(kind)]
        if any(getattr(member, "name", "") == cord.custom.partition(".")[2] for member in kind.body)
    }
    return bool(owners) and all(_ours(module.path, module.text) for module in owners)


def _ours(path: str, text: str) -> bool:
    name = PurePosixPath(path).name
    return text in _here(name) or (_hash(text), name) in _released()


@cache
def _here(name: str) -> frozenset[str]:
    """The texts that files of this name have in the template."""
    from scaffold.answers.questions import template_folder

    found = (template_folder() / "project").rglob(name)
    return frozenset(file.read_text(encoding="utf-8") for file in found)


@cache
def _released() -> frozenset[tuple[str, str]]:
    """Hash and name of the files with decorators in every release, before chutekit in serving/."""
    rows = (line.split() for line in RELEASED.read_text(encoding="utf-8").splitlines())
    return frozenset((digest, name) for digest, name, _ in rows)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()
