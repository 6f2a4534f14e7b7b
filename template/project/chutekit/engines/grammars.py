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
from typing import Annotated, Any

import orjson
from pydantic import AfterValidator, Field

MAX_DEPTH = 64
MAX_BYTES, MAX_BYTES_OF_TOOLS = 128 * 1024, 512 * 1024
MAX_GRAMMAR_CHARACTERS = 16 * 1024
MAX_REGEX_CHARACTERS = 4096
#: In units of 0.1 microseconds of one core: a tenth of a second.
BUDGET = 1_000_000
#: Of many tools most are small and flat, and cost less than their nodes say.
BUDGET_OF_TOOLS = 3 * BUDGET
#: So deep a node, its depth squared, costs so many units.
OF_A_NODE = 5
#: Atoms that stand for many characters or may be left out make a pattern's automaton this larger.
OF_A_CLASS, OF_AN_OPTION = 2, 4
#: xgrammar breaks over counts below 0 and those that need more than 31 bits.
MOST = 2**31 - 1
COUNTS = frozenset({
    "minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties",
    "minContains", "maxContains", "min", "max",
})  # fmt: skip
#: Where requests say what an answer must be like.
RULES = (
    "response_format", "structured_outputs", "tools", "text", "output_config", "regex", "ebnf",
)  # fmt: skip
#: Fields of vLLM's `structured_outputs` that may hold a document as text.
TEXTS = frozenset({"json", "structural_tag"})
SCHEMAS = frozenset({"json_schema", "schema", "json"})
#: Of structural tags, and of OpenAI's custom tools.
GRAMMARS = frozenset({"grammar", "definition"})
REPEATED = re.compile(r"\{(\d*)(,?)(\d*)\}")
CLASS = re.compile(r"\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)
ESCAPED = re.compile(r"\\(?:u\{[^}]*\}|[pPkx]\{[^}]*\}|.)", re.DOTALL)
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


def size(pattern: str) -> int:
    """At least how many states a regular expression has, with what it repeats written out."""
    opened: list[int] = []
    total = last = at = 0
    while at < len(pattern):
        if repeated := REPEATED.match(pattern, at):
            low, comma, high = repeated.groups()
            count = max(int(low[:9] or 0), int(high[:9] or 0)) + (1 if comma else 0)
            total += last * max(count - 1, 0)
            last *= max(count, 1)
            at = repeated.end()
            continue
        one = ESCAPED.match(pattern, at) or CLASS.match(pattern, at)
        part = one[0] if one else pattern[at]
        at += len(part)
        if part == "(":
            opened.append(total)
            total = last = 0
        elif part == ")" and opened:
            last = total
            total += opened.pop()
        elif part in ("?", "*", "+"):
            total += last * (OF_AN_OPTION - 1)
            last *= OF_AN_OPTION
        else:
            wide = part == "." or part.startswith("[^") or part in MANY
            last = OF_A_CLASS if wide else 1
            total += last
    return total + sum(opened)


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
        if isinstance(properties := node.get("patternProperties"), dict):
            patterns += properties
        return total + sum(size(one) ** 2 for one in patterns if isinstance(one, str))


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
    """A grammar that is read in time: its length decides, as repetitions are not written out."""
    if len(value) > MAX_GRAMMAR_CHARACTERS:
        raise ValueError(f"must have at most {MAX_GRAMMAR_CHARACTERS} characters")
    return value


FreeForm = Annotated[dict[str, Any], AfterValidator(shallow)]
#: JSON of which the engine makes a grammar, as an object or as text.
Schema = Annotated[dict[str, Any], AfterValidator(bounded)]
SchemaText = Annotated[str, Field(max_length=MAX_BYTES), AfterValidator(text)]
Grammar = Annotated[str, AfterValidator(grammar)]
Regex = Annotated[str, Field(max_length=MAX_REGEX_CHARACTERS)]
