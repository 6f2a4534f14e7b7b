"""What a generated repository remembers of its making: `.copier-answers.yml`."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scaffold import files
from scaffold.answers.reading import Given
from scaffold.answers.reading import read as read_answers
from scaffold.answers.writing import changed
from scaffold.answers.writing import parsed as parsed
from scaffold.errors import BadUsage, Refused
from scaffold.versions import Version, parse

NAME = ".copier-answers.yml"
OURS = "chute-new"


@dataclass(frozen=True)
class Record:
    """The version and answers it was made with; `source` is another name for our template."""

    version: Version
    source: str
    answers: Mapping[str, Any]


def read(folder: Path) -> Record:
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
    return Record(version, str(values.get("_src_path", OURS)), _answers(values))


def given(folder: Path) -> Given:
    """The answers of the repository in `folder` alone, with the lines they stand on."""
    path = folder / NAME
    if not path.is_file():
        raise BadUsage(
            f"{folder} has no {NAME}: chute-new did not make it",
            hint="describe the chute with --answers FILE",
        )
    found = read_answers(str(path))
    return Given(_answers(found.values), found.lines)


def change(folder: Path, values: Mapping[str, Any]) -> None:
    """Put other values into the record of the repository in `folder`."""
    path = folder / NAME
    text = changed(path.read_text(encoding="utf-8"), values, str(path))
    files.write(path, text, within=folder)


def _answers(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if not key.startswith("_")}
