"""Prints which package of the tool imports which, read off the source: nothing is run.

`PYTHONPATH=. python hooks/imports.py` draws the packages of `scaffold`, `python hooks/imports.py
check` the modules of one of them, as a graph in Mermaid's language. Imports for types only and
imports inside of functions count like all others: they are what a reader has to know as well.
"""

import ast
import sys
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent / "scaffold"

# By name, what each imports.
Imports = Mapping[str, frozenset[str]]


def modules(root: Path = ROOT) -> Imports:
    """The modules of the package in the folder `root`, by dotted name, and what they import of it.

    `from package import name` is an import of the module `package.name` where there is one.
    """
    files = {_name(path, root): path for path in sorted(root.rglob("*.py"))}
    return {
        name: frozenset(_within(_imported(path), files)) - {name} for name, path in files.items()
    }


def packages(imports: Imports) -> Imports:
    """The same by what stands directly in the package: its packages and its single modules."""
    found: dict[str, frozenset[str]] = {}
    for name, imported in imports.items():
        short = package(name)
        found[short] = found.get(short, frozenset()) | {package(each) for each in imported}
    return {name: imported - {name} for name, imported in found.items()}


def package(module: str) -> str:
    """What stands directly in the package for a module; the package itself for its `__init__`."""
    first, _, rest = module.partition(".")
    return rest.partition(".")[0] or first


def circle(imports: Imports) -> list[str]:
    """Names of which each imports the next, and the last one the first; empty without a circle."""
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        return list(reversed(error.args[1][1:]))
    return []


def picture(imports: Imports) -> str:
    """The imports as a graph in Mermaid's language, without arrows that follow from others."""
    lines = [
        f"  {name} --> {each}"
        for name in sorted(imports)
        for each in sorted(imports[name])
        if not any(each in _reached(imports, other) for other in imports[name] - {each})
    ]
    return "\n".join(["graph TD", *lines])


def _reached(imports: Imports, start: str) -> set[str]:
    """All that is imported by way of `start`."""
    found: set[str] = set()
    waiting = [start]
    while waiting:
        new = imports.get(waiting.pop(), frozenset()) - found
        found |= new
        waiting += new
    return found


def _name(path: Path, root: Path) -> str:
    parts = path.relative_to(root.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imported(path: Path) -> Iterator[tuple[str, str]]:
    """Each import of a module as the module it names and, of `from`, the name it takes."""
    for node in _statements(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.level or node.module is None:
                raise ValueError(f"{path}:{node.lineno}: name the package that is imported from")
            yield from ((node.module, alias.name) for alias in node.names)


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    """All below a node, without what they compute: imports are statements."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt | ast.excepthandler | ast.match_case):
            yield child
            yield from _statements(child)


def _within(imported: Iterator[tuple[str, str]], files: Mapping[str, Path]) -> Iterator[str]:
    for module, name in imported:
        if f"{module}.{name}" in files:
            yield f"{module}.{name}"
        elif module in files:
            yield module


def main() -> None:
    """Print the picture of all packages, or of the modules of the one that is named."""
    found = modules()
    if wanted := sys.argv[1:]:
        inside = {name for name in found if package(name) in wanted}
        print(picture({name: found[name] & inside for name in inside}))
    else:
        print(picture(packages(found)))


if __name__ == "__main__":
    main()
