"""Imports in an owner's files of modules that are elsewhere after an update, or gone."""

import re
from collections.abc import Iterator, Mapping

from scaffold.git import Git
from scaffold.update.merge import Merge, entries

_IMPORT = re.compile(
    r"^[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import[ \t]+(\([^)]*\)|[^\n#]*)|import[ \t]+([^\n#]*))",
    re.MULTILINE,
)


def outdated(repository: Git, result: Merge, moved: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """By file, each module it imports that moved, with its new name.

    Only files that are not as the template has them, and none it dropped, about which there is more
    to say. They may hold conflict markers, so lines are read, not Python.
    """
    if not moved:
        return {}
    made, final = entries(repository, result.new), entries(repository, result.tree)
    found = {}
    for path, (mode, blob) in final.items():
        if path in result.kept:
            continue
        if path.endswith(".py") and mode.startswith("100") and made.get(path) != (mode, blob):
            text = repository.raw("cat-file", "blob", blob).decode(errors="replace")
            names = {name for name in _imported(text) if name in moved and not _there(name, final)}
            # A package is imported with each of its modules.
            names = {n for n in names if not any(other.startswith(f"{n}.") for other in names)}
            if names:
                found[path] = {name: moved[name] for name in sorted(names)}
    return found


def _there(name: str, final: Mapping[str, object]) -> bool:
    path = name.replace(".", "/")
    return f"{path}.py" in final or f"{path}/__init__.py" in final


def _imported(text: str) -> Iterator[str]:
    """Every dotted name that an import statement could load."""
    for origin, names, plain in _IMPORT.findall(text):
        words = [
            part.split()[0] for part in (names or plain).strip("() \n").split(",") if part.split()
        ]
        if origin:
            yield from (f"{origin}.{word}" for word in words)
            yield origin
        else:
            yield from words
