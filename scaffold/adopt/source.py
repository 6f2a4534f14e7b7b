"""The text of a prototype by statements: with the comments above them, with edits, moved."""

import ast
import io
import tokenize
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

from scaffold.check.model import Edit
from scaffold.check.module import Module


class Lines(NamedTuple):
    """Lines of a file, counted from 1, the last one included."""

    first: int
    last: int


class Source:
    """One module's text, in which parts are replaced as they are taken out."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self._edits: dict[tuple[int, int], list[str]] = {}
        #: What names at the margin are called now, by what they were called.
        self.names: dict[str, str] = {}

    def name(self, old: str) -> str:
        """What a name at the margin is called now."""
        return self.names.get(old, old)

    @cached_property
    def _bytes(self) -> bytes:
        return self.module.text.encode()

    @cached_property
    def _starts(self) -> list[int]:
        starts = [0]
        for line in self._bytes.splitlines(keepends=True):
            starts.append(starts[-1] + len(line))
        return starts

    def replace(self, node: ast.AST, text: str) -> None:
        """Have another text in place of a node."""
        self.edit(Edit(*self.module.span(node), text))

    def wrap(self, node: ast.AST, before: str, after: str) -> None:
        """Put text around a node, in which other edits may be."""
        start, end = self.module.span(node)
        self.edit(Edit(start, start, before))
        self.edit(Edit(end, end, after))

    def edit(self, edit: Edit) -> None:
        """Have one edit made wherever its place is taken out."""
        texts = self._edits.setdefault((edit.start, edit.end), [])
        if edit.text not in texts:
            texts.append(edit.text)

    def edited(self, node: ast.AST) -> bool:
        """Is there an edit anywhere in it?"""
        start, end = self.module.span(node)
        return any(start <= first and last <= end for first, last in self._edits)

    def text(self, node: ast.AST) -> str:
        """A node with its edits."""
        return self._cut(*self.module.span(node))

    def lines(self, lines: Lines) -> str:
        """Whole lines with their edits."""
        first = self._starts[lines.first - 1]
        last = self._starts[min(lines.last, len(self._starts) - 1)]
        text = self._cut(first, last)
        return text if text.endswith("\n") else f"{text}\n"

    def _cut(self, start: int, end: int) -> str:
        parts, at = [], start
        for (first, last), texts in sorted(self._edits.items()):
            # Inside of what was replaced already nothing is edited again.
            if first < at or last > end:
                continue
            parts += [self._bytes[at:first].decode(), *texts]
            at = last
        return "".join([*parts, self._bytes[at:end].decode()]).replace("\r\n", "\n")

    def blocks(self, body: Sequence[ast.stmt], first: int) -> Iterator[tuple[ast.stmt, str]]:
        """Each statement of a body that begins on line `first`, with the comments above it.

        The empty lines above it come, too. Statements that share a line come without comments.
        """
        before = first - 1
        for place, node in enumerate(body):
            start, last = beginning(node), node.end_lineno or node.lineno
            following = body[place + 1] if place + 1 < len(body) else None
            shared = start <= before or (following is not None and beginning(following) <= last)
            if shared:
                yield node, self.text(node) + "\n"
            else:
                yield node, self.lines(Lines(before + 1, last))
            before = last

    def body(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, indent: str) -> str:
        """What stands below the head of a function or class, at another indentation."""
        first, last = node.body[0], node.body[-1]
        end = node.end_lineno or node.lineno
        head = _head_end(node)
        if beginning(first) == head:
            kept = "; ".join(self.text(each) for each in node.body)
            return f"{indent}{kept}\n"
        text = self.lines(Lines(head + 1, end + self._comments_below(last, node.col_offset)))
        prefix = self.module.lines[beginning(first) - 1][: first.col_offset]
        return moved(text, prefix, indent)

    def _comments_below(self, node: ast.stmt, outer: int) -> int:
        """How many lines below the last statement of a body are comments that belong to it."""
        found = 0
        rows = self.module.text.splitlines()
        for count, line in enumerate(rows[node.end_lineno or node.lineno :], 1):
            stripped = line.strip()
            if stripped.startswith("#") and len(line) - len(line.lstrip()) > outer:
                found = count
            elif stripped:
                break
        return found


def beginning(node: ast.stmt) -> int:
    """The first line of a statement, its decorators included."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(each.lineno for each in decorators)])


def _head_end(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> int:
    """The line on which the colon of a head stands: the first one outside of brackets."""
    rows = _home_lines(node)[node.lineno - 1 : node.body[0].lineno]
    depth = 0
    try:
        for token in tokenize.generate_tokens(io.StringIO("\n".join(rows) + "\n").readline):
            if token.type == tokenize.OP:
                depth += (token.string in "([{") - (token.string in ")]}")
                if token.string == ":" and depth == 0:
                    return node.lineno + token.start[0] - 1
    except (tokenize.TokenError, IndentationError, SyntaxError):
        pass
    return node.lineno


def _home_lines(node: ast.AST) -> list[str]:
    module: Module = node.__dict__["home"]
    return module.text.splitlines()


def moved(text: str, old: str, new: str) -> str:
    """Lines at another indentation; what is inside of texts over several lines stays as it is."""
    kept = _inside_texts(text)
    result = []
    for number, line in enumerate(text.splitlines(keepends=True), 1):
        if number in kept or not line.strip():
            result.append(line if number in kept else line.lstrip(" \t"))
        elif line.startswith(old):
            result.append(new + line[len(old) :])
        else:
            result.append(new + line.lstrip())
    return "".join(result)


def _is_statement(tokens: Sequence[tokenize.TokenInfo], place: int) -> bool:
    """Is a text a statement by itself, as a docstring is?"""
    empty = (tokenize.NL, tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT)
    before = next((it for it in reversed(tokens[:place]) if it.type not in empty), None)
    after = tokens[place + 1] if place + 1 < len(tokens) else None
    return (
        before is not None
        and before.type == tokenize.NEWLINE
        and after is not None
        and after.type in (tokenize.NEWLINE, tokenize.COMMENT)
    )


def _inside_texts(text: str) -> set[int]:
    """The lines that begin inside of a text over several lines."""
    found: set[int] = set()
    opened: list[int] = []
    try:
        # An indented text needs something to be indented below.
        tokens = list(tokenize.generate_tokens(io.StringIO(f"if 1:\n{text}").readline))
        for place, token in enumerate(tokens):
            name = tokenize.tok_name[token.type]
            first, last = token.start[0] - 1, token.end[0] - 1
            if name == "STRING":
                if not _is_statement(tokens, place):
                    found |= set(range(first + 1, last + 1))
            elif name.endswith("STRING_START"):
                opened.append(first)
            elif name.endswith("STRING_END") and opened:
                found |= set(range(opened.pop() + 1, last + 1))
    except (tokenize.TokenError, IndentationError, SyntaxError):
        pass
    return found
