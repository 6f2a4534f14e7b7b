"""WEIGHTS in chute.py: the large files of its models with their sizes and hashes."""

import fnmatch
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import cast

from scaffold import files as written
from scaffold.generated.module import NAME, Module
from scaffold.models.hub import File
from scaffold.pins.floating import Stale

# Where a generated repository says which files it downloads, and which of those it does not want.
_PATTERNS = ("chute.py", "chutekit/engines/llm_chute.py", "serving/llm_chute.py")


def within(model: str) -> str:
    """What the paths of one of several models begin with, as chutekit's checksums read them."""
    return f"{model}/"


def renew(copy: Path, files: Mapping[str, Iterable[File]]) -> Iterator[Stale]:
    """Write the list of the files that the repository downloads; say so when it has changed.

    They come by what their paths in the list begin with: nothing where there is one model.
    Repositories from before there was a list are left alone.
    """
    chute = Module.of(copy / NAME)
    if (found := chute.text_of("WEIGHTS")) is None:
        return
    wanted, unwanted = _patterns(copy, "FILES"), _patterns(copy, "UNUSED")
    chosen = [
        replace(file, path=f"{begin}{file.path}")
        for begin, of_one in files.items()
        for file in of_one
        if _matches(file.path, wanted)
        and not _matches(file.path, unwanted)
        and re.fullmatch(r"[\w./ -]+", file.path)
    ]
    now, listed = found.split("\n")[1:-1], [_line(file) for file in chosen]
    if now != listed:
        text = (
            "\n".join(['WEIGHTS = """', *listed, '"""  # noqa: E501']) if listed else 'WEIGHTS = ""'
        )
        code = chute.edited([(chute.constants["WEIGHTS"], text)])
        written.write(copy / NAME, code, within=copy)
        yield Stale(
            "weights",
            "chute.py",
            f"{len(now)} files listed",
            f"{len(listed)} files, {sum(file.size for file in chosen) / 1e9:.1f} GB",
            "start-up compares the download with the list",
        )


def _line(file: File) -> str:
    return f"{file.sha256} {file.size} {file.path}"


def _matches(path: str, patterns: Iterable[str]) -> bool:
    return any(fnmatch.fnmatch(path, pattern) for pattern in patterns)


def _patterns(copy: Path, name: str) -> list[str]:
    for file in _PATTERNS:
        if not (copy / file).is_file():
            continue
        if found := Module.of(copy / file).literal(name):
            return list(cast("Iterable[str]", found))
    return []
