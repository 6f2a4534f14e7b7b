"""What became of chutekit: replaced when nobody edited it, merged when somebody did."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from scaffold.update.merge import Merge

FOLDER = "chutekit/"
# Its list of files and hashes is the template's word, so no edit of it is merged.
LIST = f"{FOLDER}MANIFEST.json"

Fate = Literal["new", "unchanged", "replaced", "merged"]


@dataclass(frozen=True)
class Kit:
    """What the update did; `edited` are the files of it that hold an owner's edits."""

    fate: Fate
    edited: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """As `update --json` says it."""
        return {"fate": self.fate, "edited": self.edited}

    def sentence(self) -> str:
        """The same for people."""
        if self.fate == "merged":
            return "chutekit/ was merged, because these files of it were edited"
        return {
            "new": "chutekit/ is new, and is as it comes.",
            "unchanged": "chutekit/ did not change.",
            "replaced": "chutekit/ was replaced as a whole: nobody had edited it.",
        }[self.fate]


def fate(result: Merge, before: Path, after: Path) -> Kit | None:
    """From a merge and the two rendered templates; None for a template that has no chutekit."""
    if not (after / FOLDER).is_dir():
        return None
    edited = {path for path in result.edited if path.startswith(FOLDER)}
    edited |= {new for new in result.moved.values() if new.startswith(FOLDER)}
    if not any(change.path.startswith(FOLDER) for change in result.changes):
        return Kit("unchanged", sorted(edited))
    if edited:
        return Kit("merged", sorted(edited))
    return Kit("replaced" if (before / FOLDER).is_dir() else "new")
