"""Regular expressions as Python's `re` tries them, with the tries counted.

`re` says how long it took, never how often it looked at a character, and the first is what no test
may assert. Here every look is counted; `re` itself, which leaves some of them out, makes no more.
"""

import re
from collections.abc import Callable, Iterator
from itertools import islice
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any

Pattern = re.Pattern[str]
_WORD = re.compile(r"\w")
_CATEGORIES: dict[Any, Callable[[str], bool]] = {
    op.CATEGORY_DIGIT: str.isdecimal,
    op.CATEGORY_NOT_DIGIT: lambda it: not it.isdecimal(),
    op.CATEGORY_SPACE: str.isspace,
    op.CATEGORY_NOT_SPACE: lambda it: not it.isspace(),
    op.CATEGORY_WORD: lambda it: bool(_WORD.match(it)),
    op.CATEGORY_NOT_WORD: lambda it: not _WORD.match(it),
}
_ONE = {op.LITERAL, op.NOT_LITERAL, op.IN, op.ANY}


class Looks:
    """One search of a text by a pattern: where it ends, and how many looks that took."""

    def __init__(self, pattern: Pattern, text: str) -> None:
        self.text = text
        self.flags = pattern.flags
        self.count = 0
        self._groups: dict[int, str] = {}
        self._items = _parser.parse(pattern.pattern, pattern.flags & ~re.UNICODE)

    def search(self) -> tuple[int, int] | None:
        """Where the pattern is found first."""
        return self._first(range(len(self.text) + 1))

    def match(self) -> tuple[int, int] | None:
        """The same at the beginning of the text alone."""
        return self._first(range(1))

    def _first(self, starts: range) -> tuple[int, int] | None:
        for start in starts:
            for end in self._all(self._items, 0, start):
                return start, end
        return None

    def _all(self, items: Any, number: int, at: int) -> Iterator[int]:
        """Where those from that number on can end, in the order in which `re` tries them."""
        if number == len(items):
            yield at
            return
        kind, given = items[number]
        for middle in self._item(kind, given, at):
            yield from self._all(items, number + 1, middle)

    def _item(self, kind: Any, given: Any, at: int) -> Iterator[int]:
        if kind in _ONE:
            self.count += 1
            if at < len(self.text) and self._is(kind, given, self.text[at]):
                yield at + 1
        elif kind is op.AT:
            self.count += 1
            if self._here(given, at):
                yield at
        elif kind is op.BRANCH:
            for branch in given[1]:
                yield from self._all(branch, 0, at)
        elif kind is op.SUBPATTERN:
            for end in self._all(given[3], 0, at):
                self._groups[given[0]] = self.text[at:end]
                yield end
        elif kind in (op.MAX_REPEAT, op.MIN_REPEAT):
            least, most, inner = given
            yield from self._repeat(kind is op.MAX_REPEAT, least, most, inner, at)
        elif kind is op.POSSESSIVE_REPEAT:
            least, most, inner = given
            yield from islice(self._repeat(True, least, most, inner, at), 1)
        elif kind is op.ATOMIC_GROUP:
            yield from islice(self._all(given, 0, at), 1)
        elif kind in (op.ASSERT, op.ASSERT_NOT):
            direction, inner = given
            start = at if direction > 0 else at - inner.getwidth()[1]
            found = start >= 0 and next(self._all(inner, 0, start), None) is not None
            if found is (kind is op.ASSERT):
                yield at
        elif kind is op.GROUPREF:
            self.count += 1
            if self.text.startswith(known := self._groups.get(given, "\0"), at):
                yield at + len(known)
        else:
            raise NotImplementedError(kind)

    def _repeat(self, greedy: bool, least: int, most: int, inner: Any, at: int) -> Iterator[int]:
        if greedy and len(inner) == 1 and inner[0][0] in _ONE:
            end = at
            kind, given = inner[0]
            while end - at < most and next(self._item(kind, given, end), None) is not None:
                end += 1
            yield from range(end, at + least - 1, -1)
            return
        if greedy and most:
            yield from self._again(greedy, least, most, inner, at)
        if not least:
            yield at
        if not greedy and most:
            yield from self._again(greedy, least, most, inner, at)

    def _again(self, greedy: bool, least: int, most: int, inner: Any, at: int) -> Iterator[int]:
        for end in self._all(inner, 0, at):
            if end > at or least:
                yield from self._repeat(greedy, max(least - 1, 0), most - 1, inner, end)

    def _here(self, what: Any, at: int) -> bool:
        text = self.text
        if what in (op.AT_BEGINNING, op.AT_BEGINNING_STRING):
            line = self.flags & re.MULTILINE and what is op.AT_BEGINNING
            return at == 0 or bool(line and text[at - 1] == "\n")
        if what in (op.AT_END, op.AT_END_STRING):
            rest = text[at:]
            return not rest or (what is op.AT_END and rest == "\n")
        before, behind = (
            0 <= place < len(text) and bool(_WORD.match(text[place])) for place in (at - 1, at)
        )
        return (before != behind) is (what is op.AT_BOUNDARY)

    def _is(self, kind: Any, given: Any, one: str) -> bool:
        if kind is op.ANY:
            return one != "\n" or bool(self.flags & re.DOTALL)
        spelled = {one.lower(), one.upper()} if self.flags & re.IGNORECASE else {one}
        if kind is op.LITERAL:
            return chr(given) in spelled
        if kind is op.NOT_LITERAL:
            return chr(given) not in spelled
        negated = given[0][0] is op.NEGATE
        listed = any(_in(kind, what, one) for kind, what in given[negated:] for one in spelled)
        return listed is not negated


def _in(kind: Any, given: Any, one: str) -> bool:
    if kind is op.LITERAL:
        return one == chr(given)
    if kind is op.RANGE:
        return bool(given[0] <= ord(one) <= given[1])
    return _CATEGORIES[given](one)


def looks(pattern: Pattern, text: str) -> int:
    """How often a search looks at a character, all that come to nothing included."""
    counted = Looks(pattern, text)
    found, real = counted.search(), pattern.search(text)
    assert found == (real and real.span()), f"{pattern.pattern} is tried in another way"
    return counted.count


def grows(pattern: Pattern, make: Callable[[int], str], size: int = 40) -> float:
    """How many times more looks a text of twice the size takes: 2 for a straight line, 4 for a
    square."""
    return looks(pattern, make(2 * size)) / looks(pattern, make(size))
