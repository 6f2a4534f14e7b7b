"""A read-only picture of the files to check, bounded in every direction.

Nothing is executed and no link is followed, so it is safe on a hostile tree.
"""

import codecs
import io
import re
import tokenize
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path

from scaffold import foreign
from scaffold.check.module import Module, parse
from scaffold.errors import Refused

MAX_BYTES = 1_000_000
# Of all files together. What is parsed takes 400 bytes of memory for each node, several a line.
MAX_ALL_BYTES = 64 * 2**20
MAX_ALL_NODES = 3_000_000
MAX_ABOVE = 4


class Tree:
    """The files below a folder, or one file; paths are relative, with forward slashes."""

    def __init__(self, root: Path, names: tuple[str, ...], *, single: bool = False) -> None:
        self.root = root
        self.names = names
        self.single = single
        self._texts: dict[str, str | None] = {}
        self._modules: dict[str, Module | str | None] = {}
        self._unreadable: dict[str, str] = {}
        self._read_bytes = 0
        self._parsed_nodes = 0

    @classmethod
    def of(cls, path: Path) -> "Tree":
        """The picture of `path`."""
        if path.is_dir():
            return cls(path, tuple(sorted(foreign.walk(path))))
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
            content = foreign.content(path, MAX_BYTES)
        except OSError:
            return None
        self._read_bytes += len(content)
        if self._read_bytes > MAX_ALL_BYTES:
            raise _too_much(self.root, f"{MAX_ALL_BYTES // 2**20} MiB of text")
        found = encoding(content, python=name.endswith(".py"))
        try:
            return content.decode(found).removeprefix("\ufeff")
        except (UnicodeDecodeError, LookupError):
            self._unreadable[name] = f"line 1: it is not {found}, and declares no other encoding"
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
            hidden = self._unreadable.get(name)
            self._modules[name] = found = hidden if text is None else parse(name, text)
            self._parsed_nodes += found.size if isinstance(found, Module) else 0
            if self._parsed_nodes > MAX_ALL_NODES:
                raise _too_much(self.root, f"{MAX_ALL_NODES:,} parts of expressions and statements")
        return self._modules[name]

    def ending(self, *endings: str) -> Iterator[tuple[str, str]]:
        """Path and text of every readable file whose name ends so."""
        for name in self.names:
            if name.endswith(endings):
                text = self.text(name)
                if text is not None:
                    yield name, text

    def beside(self, source: str) -> bool:
        """Is there a file of that path or pattern in the folder, or in one of those around it?

        For a single file, whose folder is not read: commands are run somewhere above it.
        """
        folder = self.root.resolve()
        for base in (folder, *folder.parents[:MAX_ABOVE]):
            try:
                if (base / source).exists() or ("*" in source and any(base.glob(source))):
                    return True
            except (OSError, ValueError, NotImplementedError):
                return True
        return False

    def overlaid(self, texts: Mapping[str, str]) -> "Tree":
        """The same files, some with another text."""
        other = Tree(self.root, self.names, single=self.single)
        other._texts.update(texts)
        return other


def _too_much(root: Path, what: str) -> Refused:
    return Refused(
        f"{root} holds more than {what}",
        hint=foreign.SMALLER,
    )


def encoding(content: bytes, *, python: bool) -> str:
    """What a file is written in: what Python would take it for, or its byte order mark says."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) and not python:
        return "utf-16"
    if python:
        try:
            return tokenize.detect_encoding(io.BytesIO(content).readline)[0]
        except SyntaxError:
            return "utf-8"
    try:
        content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return "ascii" if b"\0" in content else "latin-1"
    return "utf-8-sig"


def rows(text: str) -> list[str]:
    """The lines of a text as Python counts them: form feeds and the like end none."""
    return re.split(r"\r\n|\r|\n", text)
