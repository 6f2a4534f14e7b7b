"""CK: chutekit, the package that every generated repository shares."""

from collections.abc import Iterator, Sequence

from scaffold.check.catalog import check
from scaffold.check.fence import Fence, fences
from scaffold.check.model import Answer, Place, Severity
from scaffold.check.repository import Repository

SHOWN = 3


@check(
    "CK101",
    "chutekit is not as it came",
    Severity.ADVICE,
    why="""chutekit/ is the same in every repository and tested where it is made. Editing it is
    allowed: `chute-new update` then merges the edited files instead of replacing them, so that
    each update can end in a conflict there, and what was proven of them is yours to prove. The
    list in chutekit/MANIFEST.json is believed here; update compares the files themselves.""",
    fix="""Prefer what stays outside of it: a hook (`probes` under `[tool.chutekit]` in
    pyproject.toml), a setting (chute.py, pyproject.toml), or a subclass in chute.py; edit it when
    none of them will do. `git checkout COMMIT -- PATH` brings a file back.""",
    before="""
# chutekit/serving/app.py, edited
class ServedChute(Chute):
    def __init__(self, **settings):
        settings.setdefault("tagline", "Ours")
""",
    after="""
# chute.py
class OurChute(ServedChute):
    def __init__(self, **settings):
        super().__init__(**{"tagline": "Ours", **settings})
""",
)
def edited(repository: Repository) -> Iterator[Answer]:
    """One answer for each chutekit, with the first files of each kind."""
    for fence in fences(repository):
        message = _message(fence)
        if message:
            yield Place(fence.manifest, 1, message)


def _message(fence: Fence) -> str:
    if fence.unreadable:
        return (
            f"{fence.manifest} is missing or no list of files, so nothing here can tell which files"
            " were edited; `chute-new update` compares them and writes a new list"
        )
    told = [
        f"{what} {_some(names)}"
        for what, names in (
            ("edited:", fence.edited),
            ("added:", fence.added),
            ("missing, though it is imported:", fence.missing),
        )
        if names
    ]
    if not told:
        return ""
    return f"{'; '.join(told)}. `chute-new update` merges these files instead of replacing them"


def _some(names: Sequence[str]) -> str:
    """The first names, and how many more; a name that is no plain text is escaped."""
    shown = [name if name.isprintable() else ascii(name) for name in names[:SHOWN]]
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(shown) + more
