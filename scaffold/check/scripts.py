"""The commands of a repository: scripts, workflows, Makefiles, fenced blocks of documents.

Python scripts are among them: what they hand to subprocess and os.system.
"""

import ast
import re
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath

from scaffold.check.model import Place
from scaffold.check.module import Module, function_around
from scaffold.check.tree import Tree
from scaffold.check.values import Modules, Scope, origin, read, scope_of

_SHELLS = {"bash", "sh", "shell", "console", "zsh", "shell-session"}
_STARTS = {
    f"subprocess.{name}"
    for name in ("run", "call", "check_call", "check_output", "Popen", "getoutput")
} | {"os.system", "asyncio.create_subprocess_exec", "asyncio.create_subprocess_shell"}
_SEPARATORS = re.compile(r"(?<!\s)\s*(?:&&|\|\||;|\||\(|\)|`)\s*")


@dataclass(frozen=True)
class Script:
    """One command line; `automatic` when a machine runs it, so that nobody answers questions.

    Of a command that Python starts it is known whether it is `answered` through its standard input,
    whether what it prints is `kept`, and whether it is `ended` by who started it.
    """

    file: str
    line: int
    text: str
    automatic: bool
    answered: bool = False
    kept: bool = False
    ended: bool = False

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


def called(modules: Iterable[Module], every: Modules) -> Iterator[Script]:
    """The commands that Python files start, with $name for what cannot be seen of them."""
    for module in modules:
        if "chutes" not in module.text:
            continue
        for call, name in module.named_calls:
            text = _started(call, scope_of(call, every)) if name in _STARTS and call.args else ""
            if "chute" in text:
                given = {keyword.arg for keyword in call.keywords}
                yield Script(
                    module.path,
                    call.lineno,
                    text,
                    automatic=True,
                    answered=bool(given & {"input", "stdin"}),
                    kept=bool(given & {"capture_output", "stdout"}) or "output" in name,
                    ended="timeout" in given or _ended(call),
                )


def _ended(call: ast.Call) -> bool:
    """Does the function that starts a program also end it?"""
    around = function_around(call)
    ends = ("terminate", "kill", "send_signal", "killpg", "wait_for")
    return around is not None and any(
        isinstance(node, ast.Attribute) and node.attr in ends for node in ast.walk(around)
    )


def _started(call: ast.Call, scope: Scope) -> str:
    """The command line of a call that starts a program."""
    command, inside = origin(call.args[0], scope)
    if isinstance(command, ast.List | ast.Tuple):
        return " ".join(_word(word, inside) for word in command.elts)
    rest = call.args[1:] if ast.unparse(call.func).endswith("_exec") else []
    return " ".join([_shell(command, inside), *(_word(word, scope) for word in rest)])


def _word(node: ast.expr, scope: Scope) -> str:
    value = read(node, scope)
    if value.known and isinstance(value.value, str):
        return shlex.quote(value.value)
    return f"${getattr(node, 'id', 'argument')}"


def _shell(node: ast.expr, scope: Scope) -> str:
    value = read(node, scope)
    if value.known and isinstance(value.value, str):
        return value.value
    parts = node.values if isinstance(node, ast.JoinedStr) else []
    return "".join(
        str(part.value) if isinstance(part, ast.Constant) else "$argument" for part in parts
    )
