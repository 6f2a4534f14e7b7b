"""What became of a prototype: carried, changed and why, or left for its owner."""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from scaffold.answers.secrets import redact
from scaffold.check.module import Module, home, parent


class Fate(StrEnum):
    """What can become of a part of a prototype."""

    CARRIED = "carried"
    CHANGED = "changed"
    LEFT = "left"


@dataclass(frozen=True)
class Entry:
    """One thing of the prototype; `origin` is its file and line.

    `to` says where it is now, `why` the reason of a change or what is left to do, `check` the id
    of the check that asks for it.
    """

    fate: Fate
    what: str
    origin: str
    to: str = ""
    why: str = ""
    check: str = ""

    def as_json(self) -> dict[str, str]:
        """What `adopt --json` prints of it."""
        shown = {"what": self.what, "from": self.origin}
        shown |= {key: getattr(self, key) for key in ("to", "why", "check") if getattr(self, key)}
        return shown


class Ledger:
    """The three lists. A statement is settled by one entry, with all that is inside of it.

    What is inside can be settled by an entry of its own; nothing is settled twice.
    """

    def __init__(self) -> None:
        self._entries: dict[Entry, None] = {}
        self._settled: dict[ast.stmt, Entry] = {}

    def carried(self, node: ast.AST, what: str, to: str) -> None:
        """It is in the new repository as it was."""
        self._enter(Entry(Fate.CARRIED, what, place(node), to=to), node)

    def changed(self, node: ast.AST, what: str, why: str, check: str, to: str = "") -> None:
        """It is there in another form, or something is there in its place."""
        self._enter(Entry(Fate.CHANGED, what, place(node), to=to, why=why, check=check), node)

    def left(self, node: ast.AST | str, what: str, why: str, check: str = "") -> None:
        """Its owner has to decide; `node` is a place in words where it is in no statement."""
        where = node if isinstance(node, str) else place(node)
        entry = Entry(Fate.LEFT, what, where, why=why, check=check)
        self._enter(entry, None if isinstance(node, str) else node)

    def _enter(self, entry: Entry, node: ast.AST | None) -> None:
        # A key that stands in a prototype is told to nobody again.
        entry = replace(entry, what=redact(entry.what), why=redact(entry.why))
        if isinstance(node, ast.stmt):
            if node in self._settled:
                raise ValueError(f"{entry.origin} is settled twice: {self._settled[node]}, {entry}")
            self._settled[node] = entry
        self._entries[entry] = None

    def settled(self, node: ast.stmt) -> bool:
        """Has it an entry of its own?"""
        return node in self._settled

    def entry_of(self, node: ast.stmt) -> Entry | None:
        """The entry that a statement belongs to: its own, or that of what is around it."""
        at: ast.AST | None = node
        while at is not None:
            if isinstance(at, ast.stmt) and at in self._settled:
                return self._settled[at]
            at = parent(at)
        return None

    def close(self, modules: Iterable[Module]) -> None:
        """Leave for the owner what nothing has settled: nothing goes without a word."""
        for module in modules:
            for node in module.tree.body:
                if node not in self._settled:
                    self.left(node, shown(node), "it was not carried: see whether it is needed")

    def of(self, fate: Fate) -> Iterator[Entry]:
        """The entries of one list, in the order of the prototype."""
        found = [entry for entry in self._entries if entry.fate is fate]
        yield from sorted(found, key=_order)

    def as_json(self) -> dict[str, list[dict[str, str]]]:
        """The three lists as `adopt --json` has them."""
        return {fate.value: [entry.as_json() for entry in self.of(fate)] for fate in Fate}


class At(ast.expr):
    """A line of a file, for entries about a part of a statement."""

    @classmethod
    def of(cls, node: ast.AST, line: int = 0) -> "At":
        """That of a node, or another line of its file."""
        found = cls()
        found.__dict__.update(home=home(node), lineno=line or getattr(node, "lineno", 1))
        return found


def place(node: ast.AST) -> str:
    """File and line of a node."""
    return f"{home(node).path}:{getattr(node, 'lineno', 1)}"


def shown(node: ast.AST) -> str:
    """A statement in words short enough for a list: its first line."""
    text = " ".join(home(node).source(node).split("\n")[0].split())
    return text if len(text) <= 72 else f"{text[:69]}..."


def _order(entry: Entry) -> tuple[str, int]:
    file, _, line = entry.origin.rpartition(":")
    return (file, int(line)) if line.isdecimal() else (entry.origin, 0)
