"""The Python files of a repository, and which imports which."""

from collections.abc import Iterable
from functools import cached_property
from pathlib import PurePosixPath

from scaffold.check.module import Module
from scaffold.check.tree import Tree


class Sources:
    """The files below one folder, or the one file that is checked."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self._found: dict[tuple[str, str], Module | None] = {}

    @property
    def single(self) -> bool:
        """Is it one file, so that nothing can be said about the files beside it?"""
        return self.tree.single

    @cached_property
    def modules(self) -> list[Module]:
        """All Python files that parse and are no tests."""
        found = (self.tree.module(name) for name in self.sources)
        return [module for module in found if module is not None]

    @cached_property
    def sources(self) -> list[str]:
        """The Python files that are no tests."""
        names = [name for name in self.tree.names if name.endswith(".py")]
        return names if self.single else [name for name in names if not _is_test(name)]

    def find(self, dotted_name: str, beside: Module) -> Module | None:
        """The repository's module of that name; `beside` tells from where it is imported."""
        key = (dotted_name, beside.path)
        if key not in self._found:
            self._found[key] = self._find(*key)
        return self._found[key]

    def _find(self, dotted_name: str, beside: str) -> Module | None:
        path = dotted_name.replace(".", "/")
        folder = beside
        while True:
            folder = folder.rpartition("/")[0]
            for ending in (".py", "/__init__.py"):
                name = f"{folder}/{path}{ending}".lstrip("/")
                if name in self.tree.known and name != beside:
                    return self.tree.module(name)
            if not folder:
                return None

    def with_imports(self, paths: Iterable[str]) -> list[Module]:
        """The modules of these paths, and all that they import of the repository."""
        queue = list(dict.fromkeys(paths))
        seen: dict[str, Module] = {}
        while queue:
            module = self.tree.module(queue.pop(0))
            if module is None or module.path in seen:
                continue
            seen[module.path] = module
            for name in sorted(module.imported_modules):
                found = self.find(name, module)
                if found is not None:
                    queue.append(found.path)
        return list(seen.values())


def _is_test(name: str) -> bool:
    parts = PurePosixPath(name)
    if any(part in ("tests", "test") for part in parts.parts[:-1]):
        return True
    return parts.name.startswith("test_") or parts.name == "conftest.py"
