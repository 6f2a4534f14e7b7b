"""`--load`: the chutes of a repository as the real SDK has them once they were imported."""

from pathlib import Path
from typing import Any

from scaffold.check.repository import Repository
from scaffold.check.tree import Tree
from scaffold.errors import OutsideFailure
from scaffold.generated import process

Loaded = dict[str, dict[str, Any]]


def load(path: Path, *, seconds: float = process.SECONDS) -> Loaded:
    """By file and variable: what each chute is once its module was imported.

    Under the key "error" of a file stands why it could not be imported.
    """
    tree = Tree.of(path)
    repository = Repository(tree)
    files = sorted({chute.module.path for chute in repository.chutes})
    python = process.python(tree.root)
    found = {file: process.describe(tree.root, file, python, seconds=seconds) for file in files}
    if any(described.get("missing") == "chutes" for described in found.values()):
        raise OutsideFailure(
            "--load needs the chutes SDK beside chute-new or in the repository's .venv",
            hint="pip install chutes, or run without --load",
        )
    return found
