"""The shell commands of a repository: scripts, workflows, Makefiles, fenced blocks of documents."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath

from scaffold.check.model import Place
from scaffold.check.tree import Tree

_SHELLS = {"bash", "sh", "shell", "console", "zsh", "shell-session"}
_SEPARATORS = re.compile(r"\s*(?:&&|\|\||;|\||\(|\)|`)\s*")


@dataclass(frozen=True)
class Script:
    """One command line; `automatic` when a machine runs it, so that nobody answers questions."""

    file: str
    line: int
    text: str
    automatic: bool

    def at(self, message: str) -> Place:
        """Something was found in this line."""
        return Place(self.file, self.line, message)

    @cached_property
    def commands(self) -> list[list[str]]:
        """The line's commands as words, without prompts and variables in front."""
        found: list[list[str]] = []
        if "chute" not in self.text:
            return found
        for part in _SEPARATORS.split(self.text):
            try:
                words = shlex.split(part, comments=True)
            except ValueError:
                continue
            while words and (re.fullmatch(r"[A-Za-z_]\w*=.*", words[0]) or words[0] in _PREFIXES):
                words = words[1:]
            if words:
                words[0] = words[0].rpartition("/")[2].lstrip("@-")
                found.append(words)
        return found


_PREFIXES = {"$", ">", "-", "@", "exec", "env", "sudo", "time", "run:", "uv", "uvx", "poetry"}


def scripts(tree: Tree) -> Iterator[Script]:
    """All command lines that mention chutes, docker or pip."""
    for name, text in tree.ending(".sh", ".yml", ".yaml", ".md", "akefile", ".mk", "Justfile"):
        parts = PurePosixPath(name)
        if "hute" not in text or parts.parts[0] in ("tests", "node_modules"):
            continue
        if parts.suffix == ".md":
            yield from _fenced(name, text)
        elif parts.suffix in (".yml", ".yaml"):
            if ".github" in parts.parts or "ci" in parts.name:
                yield from _lines(name, text, automatic=True)
        else:
            yield from _lines(name, text, automatic=True)


def _fenced(name: str, text: str) -> Iterator[Script]:
    language = None
    block: list[tuple[int, str]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        fence = re.match(r"\s*(```+|~~~+)\s*([\w-]*)", line)
        if fence and language is None:
            language = fence[2].lower()
        elif fence:
            if language in _SHELLS:
                yield from _joined(name, block, automatic=False)
            language, block = None, []
        elif language is not None:
            block.append((number, line))


def _lines(name: str, text: str, *, automatic: bool) -> Iterator[Script]:
    yield from _joined(name, list(enumerate(text.splitlines(), start=1)), automatic=automatic)


def _joined(name: str, lines: list[tuple[int, str]], *, automatic: bool) -> Iterator[Script]:
    """Lines that end in a backslash belong to the next."""
    start, held = 0, ""
    for number, line in lines:
        stripped = line.strip()
        if not held:
            start = number
        held += stripped.removesuffix("\\")
        if stripped.endswith("\\"):
            continue
        if held and not held.startswith(("#", "//")):
            yield Script(name, start, re.sub(r"^-?\s*run:\s*", "", held), automatic)
        held = ""
