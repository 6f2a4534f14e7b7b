"""The command by which a prototype starts an engine for language models beside itself."""

import ast
import re
from collections.abc import Iterable
from dataclasses import dataclass

from scaffold.adopt.reading import Prototype
from scaffold.check.values import read, scope_of

_ENGINES = {
    "vllm": re.compile(r"\bvllm(\.entrypoints\.| serve\b)|^vllm$"),
    "sglang": re.compile(r"\bsglang\.launch_server\b"),
}

# A flag of one or two dashes; a number below zero is a value.
_FLAG = re.compile(r"--?[A-Za-z]")


def flags_of(words: Iterable[str]) -> list[tuple[str, str]]:
    """Each flag without its dashes and with its value, empty for a switch."""
    found: list[tuple[str, str]] = []
    for word in words:
        if _FLAG.match(word):
            name, _, given = word.lstrip("-").partition("=")
            found.append((name.replace("_", "-"), given))
        elif found:
            name, given = found[-1]
            found[-1] = (name, f"{given} {word}".strip())
    return found


@dataclass(frozen=True)
class Command:
    """The engine, the words of its command, and where they stand."""

    engine: str
    words: tuple[str, ...]
    node: ast.AST

    def flags(self) -> list[tuple[str, str]]:
        """Each flag with its value, empty for a switch."""
        return flags_of(self.words)

    def value(self, *names: str) -> str:
        """What a flag is given, or nothing."""
        return next((given for name, given in self.flags() if name in names), "")

    @property
    def model(self) -> str:
        """What it serves: a flag of either engine, or what stands behind `serve`."""
        if named := self.value("model", "model-path"):
            return named
        served = [place for place, word in enumerate(self.words) if word == "serve"]
        return self.words[served[0] + 1] if served and served[0] + 1 < len(self.words) else ""


def command(prototype: Prototype) -> Command | None:
    """The first one that can be seen."""
    for node in prototype.module.of(ast.Constant):
        if not isinstance(node.value, str):
            continue
        for engine, pattern in _ENGINES.items():
            if pattern.search(node.value):
                words, at = _words(prototype, node)
                if len(words) > 2:
                    return Command(engine, words, at)
    return None


def _words(prototype: Prototype, node: ast.Constant) -> tuple[tuple[str, ...], ast.AST]:
    around = node.__dict__["parent"]
    if isinstance(around, ast.JoinedStr):
        node, around = around, around.__dict__["parent"]  # type: ignore[assignment]
    if isinstance(around, ast.List | ast.Tuple):
        values = [read(each, scope_of(each, prototype.repository)) for each in around.elts]
        return tuple(str(value.value) if value.known else "?" for value in values), around
    value = read(node, scope_of(node, prototype.repository))
    text = value.value if value.known and isinstance(value.value, str) else ""
    return tuple(re.sub(r"\\\s*\n", " ", text).split()), node
