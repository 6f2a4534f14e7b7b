"""Reads folders that may be anybody's: follows no link, waits for nothing, and within bounds."""

import os
import stat
from collections.abc import Collection, Iterator
from pathlib import Path

from scaffold.errors import Refused

# Without waiting, a FIFO can be opened and found to be none of ours to read.
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
MAX_FILES = 20_000
MAX_DEPTH = 50
# What to do about a folder that holds too much.
SMALLER = "name the folder of one application, or the file of one chute"
# Folders of tools, and of packages.
SKIPPED = {
    ".git",
    ".hg",
    ".svn",
    ".venv",
    "venv",
    "env",
    "node_modules",
    "__pycache__",
    "site-packages",
    ".tox",
    ".nox",
    ".mypy_cache",
    ".ruff_cache",
    ".pytest_cache",
    ".eggs",
    ".idea",
    ".vscode",
}


def content(path: Path, limit: int) -> bytes:
    """What is in a file of at most so many bytes; raises OSError for all that is not one."""
    opened = os.open(path, _READ)
    with open(opened, "rb") as file:  # noqa: PTH123 - it is open already
        if not stat.S_ISREG(os.fstat(opened).st_mode):
            raise OSError("it is no file")
        found = file.read(limit + 1)
    if len(found) > limit:
        raise OSError(f"it has more than {limit:,} bytes")
    return found


def walk(root: Path, skipped: Collection[str] = SKIPPED) -> Iterator[str]:
    """The files below a folder by their paths from there, without those of `skipped` folders.

    Virtual environments are left out, too. Raises Refused when there is more than anybody writes.
    """
    seen = 0
    folders = [(root, "", 0)]
    while folders:
        folder, path, depth = folders.pop()
        entries = _entries(folder, follow=not depth)
        if depth and any(entry.name == "pyvenv.cfg" for entry in entries):
            continue
        for entry in entries:
            seen += 1
            if seen > MAX_FILES:
                raise Refused(
                    f"{root} holds more than {MAX_FILES:,} files and folders",
                    hint=SMALLER,
                )
            name = path + entry.name
            if entry.is_file(follow_symlinks=False):
                yield name
            elif entry.is_dir(follow_symlinks=False) and entry.name not in skipped:
                if depth == MAX_DEPTH:
                    raise Refused(f"{root} has folders that lie more than {MAX_DEPTH} deep")
                folders.append((folder / entry.name, f"{name}/", depth + 1))


def _entries(folder: Path, *, follow: bool) -> list[os.DirEntry[str]]:
    """What is in a folder, by name; nothing where it cannot be read, or is a link."""
    try:
        if not follow and stat.S_ISLNK(folder.lstat().st_mode):
            return []
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError:
        return []
