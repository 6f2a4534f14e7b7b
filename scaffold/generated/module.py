"""The text of a chute.py: the literals it states, and other ones in their place."""

import ast
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path

from scaffold import foreign
from scaffold.errors import BadUsage, reason

NAME = "chute.py"
MAX_BYTES = 2**20

Edit = tuple[ast.stmt | ast.expr, str]


class Module:
    """One module of a repository; raises BadUsage, which calls it `name`, when it is no Python."""

    def __init__(self, text: str, name: str = NAME) -> None:
        self.text = text
        try:
            self.tree = ast.parse(text)
        except SyntaxError as error:
            raise BadUsage(f"{name} is not Python: line {error.lineno}") from error
        except (ValueError, RecursionError, MemoryError) as error:
            raise BadUsage(f"{name} is not Python that can be read: {reason(error)}") from error

    @classmethod
    def of(cls, path: Path) -> "Module":
        """That in a file."""
        try:
            text = foreign.content(path, MAX_BYTES).decode()
            return cls(text.replace("\r\n", "\n").replace("\r", "\n"), str(path))
        except (OSError, UnicodeDecodeError) as error:
            raise BadUsage(f"cannot read {path}: {reason(error)}") from error

    @cached_property
    def constants(self) -> Mapping[str, ast.Assign]:
        """The assignments at its left margin, by name; the last one of several."""
        return {
            target.id: node
            for node in self.tree.body
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }

    def literal(self, name: str) -> object:
        """What a constant is, where that is stated as it is; else None."""
        try:
            return ast.literal_eval(self.constants[name].value) if name in self.constants else None
        except ValueError:
            return None

    def text_of(self, name: str) -> str | None:
        """What a constant is, where that is a text."""
        value = self.literal(name)
        return value if isinstance(value, str) else None

    def strings(self) -> Iterator[str]:
        """Every text in it."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value

    def settings(self) -> dict[str, ast.expr]:
        """Where each setting of a chute stands as a plain value.

        Keywords of the constructor, also by way of a constant, and what `prod` is made with in a
        call of the module's own, as `make_chute(name, max_instances, shutdown)`: `staging` keeps
        its own scale.
        """
        found: dict[str, ast.expr] = {}
        for call in (node for node in ast.walk(self.tree) if isinstance(node, ast.Call)):
            if not _is_chute(call):
                continue
            for keyword in call.keywords:
                value = keyword.value
                if isinstance(value, ast.Name) and value.id in self.constants:
                    value = self.constants[value.id].value
                if keyword.arg and _is_plain(value):
                    found[keyword.arg] = value
        return found | self._of_prod()

    def _of_prod(self) -> dict[str, ast.expr]:
        """The arguments of the call that makes `prod`, by the maker's parameter names."""
        prod = self.constants["prod"].value if "prod" in self.constants else None
        if not isinstance(prod, ast.Call) or not isinstance(prod.func, ast.Name):
            return {}
        called = prod.func.id
        makers = [n for n in self.tree.body if isinstance(n, ast.FunctionDef) and n.name == called]
        if not makers:
            return {}
        names = [argument.arg for argument in makers[0].args.args]
        given = dict(zip(names, prod.args, strict=False))
        given |= {keyword.arg: keyword.value for keyword in prod.keywords if keyword.arg}
        return {name: value for name, value in given.items() if _is_plain(value)}

    def edited(self, edits: Iterable[Edit]) -> str:
        """The text with other source in place of these nodes; a statement's comment goes too."""
        # As bytes, whose lines and columns are those of the parser: a text has other ends of lines.
        lines = self.text.encode().splitlines(keepends=True)
        for node, source in sorted(edits, key=lambda edit: _start(edit[0]), reverse=True):
            first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
            tail = lines[last][node.end_col_offset :]
            if isinstance(node, ast.stmt):
                tail = tail[len(tail.rstrip(b"\r\n")) :]
            lines[first : last + 1] = [
                lines[first][: node.col_offset] + source.encode() + tail,
                *[b""] * (last - first),
            ]
        return b"".join(lines).decode()


def _start(node: ast.stmt | ast.expr) -> tuple[int, int]:
    return node.lineno, node.col_offset


def _is_chute(call: ast.Call) -> bool:
    name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
    return name.lower().endswith("chute")


def _is_plain(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, int | float | bool)
