"""What a client may ask an engine to turn into a grammar: schemas, patterns, grammars and tags.

Engines do it on the loop that serves everybody's streams. Measured with vLLM 0.32.0 and xgrammar
0.2.8 on one core: `a{1,32000}` as a `pattern` keeps everybody waiting for a minute, because time
grows with the square of what a pattern repeats; so do schemas that are nested deeply, and names of
one part in many spellings (`#/$defs/a`, `#//$defs/a`), of which each is converted by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated, Any

import orjson
from pydantic import AfterValidator, Field

MAX_DEPTH = 64
MAX_BYTES, MAX_BYTES_OF_TOOLS = 128 * 1024, 512 * 1024
MAX_GRAMMAR_CHARACTERS = 16 * 1024
MAX_REGEX_CHARACTERS = 4096
#: Beyond them the next token takes long to find, with `(a{0,999}b?){0,999}` twice for ever.
MAX_STATES = 1000
MAX_REPETITIONS = 256
# Whoever wrote what these read may want them to take long: none has two ways to read a text.
REPETITION = re.compile(r"[*+?~]|\{[0-9]*(?:,[0-9]*)?\}")
#: Of a rule, a group or an empty text; of one character there may be as many as one likes.
COUNTED = re.compile(r"(?:[^\s\"'\]]|\"\"|'')\s*(?:\{[0-9,\s]*\}|~[0-9.\s]+)")
#: In units of 0.1 microseconds of one core: a twentieth of a second, which vLLM takes up to three
#: times.
BUDGET = 500_000
#: Of many tools most are small and flat, and cost less than their nodes say.
BUDGET_OF_TOOLS = 4 * BUDGET
#: So deep a node, its depth squared, costs so many units.
OF_A_NODE = 5
#: Atoms that stand for many characters or may be left out make a pattern's automaton this larger.
OF_A_CLASS, OF_AN_OPTION = 2, 4
#: xgrammar breaks over counts below 0 and those that need more than 31 bits.
MOST = 2**31 - 1
COUNTS = frozenset(
    {
        "minLength",
        "maxLength",
        "minItems",
        "maxItems",
        "minProperties",
        "maxProperties",
        "minContains",
        "maxContains",
        "min",
        "max",
    }
)
#: Where requests say what an answer must be like.
RULES = (
    "response_format",
    "structured_outputs",
    "tools",
    "text",
    "output_config",
    "regex",
    "ebnf",
)
#: Fields of vLLM's `structured_outputs` that may hold a document as text.
TEXTS = frozenset({"json", "structural_tag"})
SCHEMAS = frozenset({"json_schema", "schema", "json"})
#: Of structural tags, and of OpenAI's custom tools.
GRAMMARS = frozenset({"grammar", "definition"})
REPEATED = re.compile(r"\{(\d*)(?:(,)(\d*))?\}")
#: Parts of a pattern that go on to an end of theirs, by what they begin with.
ENDED = {
    "(": re.compile(r"\(\?P?<(?![=!])[^>]*(>)?"),
    "\\": re.compile(r"\\[upPkx]\{[^}]*(\})?"),
    "[": re.compile(r"\[\^?\]?(?:\\.|[^\]\\])*(\])?", re.DOTALL),
}
PART = re.compile(r"\((?:\?(?:[:=!]|<[=!]))?|\\?.", re.DOTALL)
NO_WIDTH = frozenset({"^", "$", "\\b", "\\B"})
MANY = frozenset({"\\W", "\\S", "\\D"})
TOO_MUCH = "takes the engine too long: make it simpler, or repeat less in its patterns"


def shallow(value: Any) -> Any:
    """Refuse free-form JSON so deep that what reads it might break on it."""
    level: list[Any] = [value]
    for _ in range(MAX_DEPTH):
        level = [below for item in level for _, below in _inside(item)]
        if not level:
            return value
    raise ValueError(f"must not be nested deeper than {MAX_DEPTH} levels")


def cost(value: Any) -> int:
    """How long it takes to make a grammar of a schema or tag, in units; ValueError if it breaks."""
    return _Costs(value).total


def together(values: Iterable[Any], budget: int = BUDGET, most_bytes: int = MAX_BYTES) -> None:
    """ValueError when what one request brings would take too long."""
    given = [value for value in values if value is not None]
    if sum(map(cost, given)) > budget:
        raise ValueError(TOO_MUCH)
    if sum(len(orjson.dumps(value)) for value in given) > most_bytes:
        raise ValueError(f"must be at most {most_bytes} bytes as JSON, all together")


def of_tools(schemas: Iterable[Any]) -> None:
    """ValueError when the parameters of all tools together would take too long."""
    together(schemas, BUDGET_OF_TOOLS, MAX_BYTES_OF_TOOLS)


def of_each(values: Iterable[Any], times: int) -> None:
    """ValueError when it would take too long to do it for each of several prompts."""
    together(values, BUDGET // times, MAX_BYTES // times)


def asked(body: Mapping[str, Any]) -> int | None:
    """What the grammars of a request for the engine cost, None when it asks for none."""
    rules = [body[name] for name in RULES if name in body]
    return sum(map(cost, rules)) if rules else None


@dataclass
class _Group:
    """What was read of a group: how many states, and whether it may match nothing."""

    states: int = 0
    empty: bool = True
    other_empty: bool = False
    last: int = 0
    last_empty: bool = True

    def add(self, states: int, empty: bool) -> None:
        self.empty &= self.last_empty
        self.states += states
        self.last, self.last_empty = states, empty

    def repeat(self, times: int, may_be_none: bool) -> None:
        self.states += self.last * (times - 1)
        self.last *= times
        self.last_empty |= may_be_none

    def other(self) -> None:
        """Begin another alternative."""
        self.other_empty |= self.empty and self.last_empty
        self.empty = self.last_empty = True
        self.last = 0


@dataclass(frozen=True)
class Size:
    """At least how many states an automaton of a regular expression has, with what it repeats
    written out, and whether something is repeated that may match nothing."""

    states: int
    repeats_nothing: bool


def size(pattern: str) -> Size:
    """Measure a regular expression, whatever else is wrong with it."""
    group = _Group()
    around: list[_Group] = []
    nothing = False
    for part in _parts(pattern):
        if repeated := REPEATED.fullmatch(part):
            low, comma, high = (text[:9] for text in repeated.groups(""))
            count = max(int(low or 0), int(high or 0)) + (1 if comma and not high else 0)
            nothing |= group.last_empty and bool(group.last) and count > 1
            group.repeat(max(count, 1), may_be_none=not int(low or 0))
        elif part[0] == "(":
            around.append(group)
            group = _Group()
        elif part == ")" and around:
            group.other()
            inner, group = group, around.pop()
            group.add(max(inner.states, 1), inner.other_empty)
        elif part == "|":
            group.other()
        elif part in ("?", "*", "+"):
            nothing |= group.last_empty and bool(group.last) and part != "?"
            group.repeat(OF_AN_OPTION, may_be_none=part != "+")
        else:
            wide = part == "." or part.startswith("[^") or part in MANY
            group.add(OF_A_CLASS if wide else 1, part in NO_WIDTH)
    return Size(group.states + sum(outer.states for outer in around), nothing)


def _parts(pattern: str) -> Iterator[str]:
    """A pattern in parts: what stands for a character, begins or ends a group, or repeats."""
    at = 0
    unended: set[str] = set()
    while at < len(pattern):
        begin = pattern[at]
        found = REPEATED.match(pattern, at) if begin == "{" else None
        # Where one goes on to the end of the pattern so would each that begins after it.
        if begin in ENDED and begin not in unended:
            found = ENDED[begin].match(pattern, at)
            if found and not found[1]:
                unended.add(begin)
                found = None
        part = (found or PART.match(pattern, at) or begin)[0]
        yield part
        at += len(part)


class _Costs:
    """What a document costs: each node by its depth, each pattern by its size, and both again for
    each name that refers to a part of it."""

    def __init__(self, document: Any) -> None:
        self._of: dict[int, int] = {}
        self._roots = [document]
        self._named: dict[tuple[int, str], Any] = {}
        self.total = self._node(document, 1)
        self.total += sum(self._of.get(id(part), 0) for part in self._named.values())

    def _node(self, node: Any, depth: int) -> int:
        total = OF_A_NODE * depth**2
        if isinstance(node, dict):
            total += self._words(node)
        for name, below in _inside(node):
            if isinstance(below, dict | list):
                # A schema inside of a tag, whose names begin there.
                roots = len(self._roots)
                self._roots += [below] if name in SCHEMAS else []
                total += self._node(below, depth + 1)
                del self._roots[roots:]
        self._of[id(node)] = total
        return total

    def _words(self, node: dict[str, Any]) -> int:
        for name in COUNTS & node.keys():
            if isinstance(node[name], int | float) and not 0 <= node[name] <= MOST:
                raise ValueError(f"{name} must be from 0 to {MOST}")
        if isinstance(named := node.get("$ref"), str):
            if "" in named.split("/")[1:] or "%" in named or "~" in named:
                raise ValueError("$ref must be like #/$defs/name")
            if named != "#":  # the whole, which is made anyway
                self._named |= {(id(root), named): _part(root, named) for root in self._roots}
        total = 0
        for name in TEXTS & node.keys():
            with suppress(orjson.JSONDecodeError, TypeError):
                total += cost(shallow(orjson.loads(node[name])))
        for name in GRAMMARS & node.keys():
            if isinstance(node[name], str):
                grammar(node[name])
        patterns = [node.get("pattern")]
        if node.get("type") == "regex" and isinstance(patterns[0], str):
            regex(patterns[0])
        if isinstance(properties := node.get("patternProperties"), dict):
            patterns += properties
        return total + sum(size(one).states ** 2 for one in patterns if isinstance(one, str))


def _part(root: Any, name: str) -> Any:
    """What a name such as `#/$defs/name` refers to, None when that is nothing."""
    found = root
    for part in name.split("/")[1:]:
        try:
            found = found[int(part[:9]) if isinstance(found, list) else part]
        except (LookupError, TypeError, ValueError):
            return None
    return found


def _inside(node: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(node, dict):
        yield from node.items()
    elif isinstance(node, list):
        yield from enumerate(node)


def bounded(value: Any) -> Any:
    """A schema or tag of which a grammar can be made in time."""
    together([shallow(value)])
    return value


def text(value: str) -> str:
    """The same as JSON text, written anew: the engine must not find in it what we did not, such as
    the first of two fields of one name."""
    try:
        document = orjson.loads(value)
    except orjson.JSONDecodeError:
        raise ValueError("must be JSON") from None
    return orjson.dumps(bounded(document)).decode()


def grammar(value: str) -> str:
    """A grammar that is read in time, and of which the next token is found in time."""
    if len(value) > MAX_GRAMMAR_CHARACTERS:
        raise ValueError(f"must have at most {MAX_GRAMMAR_CHARACTERS} characters")
    if len(REPETITION.findall(value)) > MAX_REPETITIONS:
        raise ValueError(f"must repeat, or make optional, at most {MAX_REPETITIONS} times")
    counted = 1
    for repeated in COUNTED.finditer(value):
        counts = [int(count[:9]) for count in re.findall(r"[0-9]+", repeated[0][1:])]
        counted *= max([1, *counts])
        if counted > MAX_STATES:
            raise ValueError(
                f"must repeat rules and groups at most {MAX_STATES} times, all counts multiplied"
            )
    return value


def regex(value: str) -> str:
    """A regular expression of which the next token is found in time."""
    measured = size(value)
    if measured.states > MAX_STATES:
        raise ValueError(f"must have at most {MAX_STATES} characters, its repetitions written out")
    if measured.repeats_nothing:
        raise ValueError("must not repeat what may match nothing, such as (a*)*")
    return value


FreeForm = Annotated[dict[str, Any], AfterValidator(shallow)]
#: JSON of which the engine makes a grammar, as an object or as text.
Schema = Annotated[dict[str, Any], AfterValidator(bounded)]
SchemaText = Annotated[str, Field(max_length=MAX_BYTES), AfterValidator(text)]
Grammar = Annotated[str, AfterValidator(grammar)]
Regex = Annotated[str, Field(max_length=MAX_REGEX_CHARACTERS), AfterValidator(regex)]
