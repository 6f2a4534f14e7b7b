"""A read-only picture of the files to check, bounded in every direction.

Nothing is executed and no link is followed, so it is safe on a hostile tree.
"""

import os
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path

from scaffold.check.module import Module, parse

MAX_FILES = 5000
MAX_BYTES = 1_000_000
_SKIPPED = {
    ".git", ".hg", ".svn", ".venv", "venv", "env", "node_modules", "__pycache__", "site-packages",
    ".tox", ".nox", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".eggs", ".idea", ".vscode",
}  # fmt: skip


class Tree:
    """The files below a folder, or one file; paths are relative, with forward slashes."""

    def __init__(self, root: Path, names: tuple[str, ...], *, single: bool = False) -> None:
        self.root = root
        self.names = names
        self.single = single
        self._texts: dict[str, str | None] = {}
        self._modules: dict[str, Module | str | None] = {}

    @classmethod
    def of(cls, path: Path) -> "Tree":
        """The picture of `path`."""
        if path.is_dir():
            return cls(path, tuple(sorted(_walk(path))))
        return cls(path.parent, (path.name,), single=True)

    @cached_property
    def known(self) -> frozenset[str]:
        """All paths, to look one up."""
        return frozenset(self.names)

    def text(self, name: str) -> str | None:
        """The text of a file; None when there is none, it is no text, or it is too large."""
        if name not in self._texts:
            self._texts[name] = self._read(name)
        return self._texts[name]

    def _read(self, name: str) -> str | None:
        if name not in self.known:
            return None
        path = self.root / name
        try:
            if path.is_symlink() or path.stat().st_size > MAX_BYTES:
                return None
            return path.read_bytes().decode("utf-8-sig")
        except (OSError, UnicodeDecodeError):
            return None

    def module(self, name: str) -> Module | None:
        """A Python file, parsed; None when it cannot be."""
        found = self._module(name)
        return found if isinstance(found, Module) else None

    def broken(self, name: str) -> str | None:
        """Why a Python file cannot be parsed, if so."""
        found = self._module(name)
        return found if isinstance(found, str) else None

    def _module(self, name: str) -> Module | str | None:
        if name not in self._modules:
            text = self.text(name)
            self._modules[name] = None if text is None else parse(name, text)
        return self._modules[name]

    def ending(self, *endings: str) -> Iterator[tuple[str, str]]:
        """Path and text of every readable file whose name ends so."""
        for name in self.names:
            if name.endswith(endings):
                text = self.text(name)
                if text is not None:
                    yield name, text

    def overlaid(self, texts: Mapping[str, str]) -> "Tree":
        """The same files, some with another text."""
        other = Tree(self.root, self.names, single=self.single)
        other._texts.update(texts)
        return other


def _walk(root: Path) -> Iterator[str]:
    seen = 0
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(
            name
            for name in folders
            if name not in _SKIPPED and not (Path(folder) / name / "pyvenv.cfg").exists()
        )
        for name in sorted(files):
            path = Path(folder) / name
            if path.is_symlink() or not path.is_file():
                continue
            seen += 1
            if seen > MAX_FILES:
                return
            yield path.relative_to(root).as_posix()
