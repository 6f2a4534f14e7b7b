"""The user's own folders."""

import os
from collections.abc import Mapping
from pathlib import Path


def own(variable: str, usual: str, environment: Mapping[str, str]) -> Path | None:
    """Our folder in one of the XDG Base Directory Specification; None without a home.

    `usual` is where that is below the home without the variable, and when the variable has a
    relative path, which the specification calls void: else it could be any folder that somebody
    works in.
    """
    folder = environment.get(variable, "")
    if not Path(folder).is_absolute():
        home = environment.get("HOME") or os.path.expanduser("~")  # noqa: PTH111 - never raises
        folder = f"{home}/{usual}"
    path = Path(folder, "chute-new")
    return path if path.is_absolute() else None
