"""What a generated repository remembers of its making: `.copier-answers.yml`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from scaffold.answers.reading import read as read_answers
from scaffold.errors import BadUsage, Refused
from scaffold.versions import Version, parse

NAME = ".copier-answers.yml"
OURS = "chute-new"
_SOURCE = re.compile(r"^_src_path: .*$", re.MULTILINE)


@dataclass(frozen=True)
class Stored:
    """The version and answers it was made with; `source` is another name for our template."""

    version: Version
    source: str
    answers: Mapping[str, Any]


def read(folder: Path) -> Stored:
    """The record of the repository in `folder`; refuses what was not made by us."""
    path = folder / NAME
    if not folder.is_dir():
        raise BadUsage(f"{folder} is not a folder")
    if not path.is_file():
        raise Refused(
            f"{folder} holds no {NAME}, so it was not made by chute-new",
            hint="name the folder of a generated repository",
        )
    values = read_answers(str(path)).values
    version = parse(str(values.get("_commit", "")))
    if version is None:
        raise Refused(f"{path} does not say which version it was made with (_commit: vX.Y.Z)")
    answers = {key: value for key, value in values.items() if not key.startswith("_")}
    return Stored(version, str(values.get("_src_path", OURS)), answers)


def keep_source(folder: Path, source: str) -> None:
    """Leave the place a repository's template came from as its record has it."""
    path = folder / NAME
    line = yaml.safe_dump({"_src_path": source}, width=10_000).strip()
    path.write_text(_SOURCE.sub(lambda _: line, path.read_text(encoding="utf-8")), encoding="utf-8")
