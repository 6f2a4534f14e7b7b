"""Renders the template into a folder; the only module that imports copier."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scaffold.git import clean_environment


def render(template: Path, answers: Mapping[str, Any], folder: Path) -> list[str]:
    """Fill `folder` from complete answers; returns the sorted relative paths of its files.

    Copier's own settings file is left out: it would change the result from machine to machine.
    """
    # Copier takes the template for a git repository when a hook's GIT_DIR is set, and plumbum,
    # under it, copies the environment once at import.
    scrubbed = set(os.environ) - set(clean_environment())
    for name in scrubbed:
        del os.environ[name]

    from copier import Settings, run_copy

    run_copy(
        str(template), folder, data=dict(answers), defaults=True, quiet=True, settings=Settings()
    )
    _normalise_modes(folder)
    return sorted(path.relative_to(folder).as_posix() for path in _files(folder))


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and ".git" not in path.parts]


def _normalise_modes(folder: Path) -> None:
    """Files take the user's umask, not the modes of the installed package."""
    umask = os.umask(0)
    os.umask(umask)
    for path in _files(folder):
        executable = path.stat().st_mode & 0o100
        path.chmod((0o777 if executable else 0o666) & ~umask)
