"""Renders the template into a folder; the only module that imports copier."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from scaffold import files
from scaffold.answers import compiled


def render(template: Path, answers: Mapping[str, Any], folder: Path) -> list[str]:
    """Fill `folder` from complete answers; returns the sorted relative paths of its files.

    Copier's own settings file is left out: it would change the result from machine to machine.
    """
    with compiled.compiled_once():
        from copier import Settings, run_copy

        with _without_git():
            run_copy(
                str(template),
                folder,
                data=dict(answers),
                defaults=True,
                quiet=True,
                settings=Settings(),
            )
    if texts := compiled.to_keep():
        files.keep(compiled.path(), texts)
    _normalise_modes(folder)
    return listed(folder)


def listed(folder: Path) -> list[str]:
    """The sorted relative paths of the files in a folder, git's own left out."""
    return sorted(path.relative_to(folder).as_posix() for path in _files(folder))


@contextmanager
def _without_git() -> Iterator[None]:
    """Let copier find no git, which it supports.

    It would start one process for each file, to look for an index that a new folder has not; and
    inside a hook, whose GIT_DIR it inherits, it would take the template for a repository.
    """
    from plumbum import local

    with local.env(PATH=""):
        yield


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and ".git" not in path.parts]


def _normalise_modes(folder: Path) -> None:
    """Files take the user's umask, not the modes of the installed package."""
    umask = os.umask(0)
    os.umask(umask)
    for path in _files(folder):
        executable = path.stat().st_mode & 0o100
        path.chmod((0o777 if executable else 0o666) & ~umask)
