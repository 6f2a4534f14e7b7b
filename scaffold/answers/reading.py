"""Reads answers from a file, standard input or `--set`, as plain data with line numbers."""

import json
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import yaml

from scaffold.errors import BadUsage, Problem

# A complete answers file has about 1 KB; more than this is not one.
MAX_BYTES = 256 * 1024
MAX_BITS = 64
_PLAIN = {
    f"tag:yaml.org,2002:{kind}" for kind in ("str", "int", "float", "bool", "null", "seq", "map")
}

# How a value is typed: as it is, as a list with commas, or as YAML.
Form = Literal["text", "list", "yaml"]


@dataclass
class Given:
    """Answers as given; `lines` of the file, and `origins` by which option each came.

    What an answer holds has its line under a dotted place, such as `endpoints.0.name`.
    """

    values: dict[str, Any] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    origins: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.origins = {key: self.origins.get(key, "--answers") for key in self.values}


def read(source: str, *, may_be_empty: bool = False) -> Given:
    """The answers of a YAML or JSON file; `-` reads standard input."""
    text = _text(source)
    if text.lstrip().startswith("{") and (given := _json(text, source)) is not None:
        return given
    try:
        root = _compose(text)
    except (yaml.YAMLError, RecursionError) as error:
        raise BadUsage(f"{source} is neither YAML nor JSON: {_where(error)}") from error
    empty = root is None or root.tag == "tag:yaml.org,2002:null"
    if empty and may_be_empty:
        return Given()
    if empty:
        raise BadUsage(
            f"{source} is empty", hint="`chute-new answers > answers.yml` writes a starter file"
        )
    if not isinstance(root, yaml.MappingNode):
        raise BadUsage(f"{source} is not a mapping of answers: write one `key: value` per line")
    return _given(root)


def gather(source: str | None, settings: Iterable[str], form: Callable[[str], Form]) -> Given:
    """What an answers file and `--set` say, the latter winning."""
    return assign(read(source) if source else Given(), settings, form)


def assign(given: Given, settings: Iterable[str], form: Callable[[str], Form]) -> Given:
    """`given` with each `KEY=VALUE` of `--set` laid over it; they have no line."""
    result = Given(dict(given.values), dict(given.lines), dict(given.origins))
    problems = []
    for setting in settings:
        key, equals, value = utf_8(setting).partition("=")
        if not encodable(value):
            problems.append(Problem(key, None, "is not UTF-8 text"))
            continue
        if not equals:
            problems.append(Problem(setting, None, "is not of the form KEY=VALUE"))
            continue
        result.values[key] = typed(value, form(key))
        result.origins[key] = "--set"
        for place in [each for each in result.lines if each.partition(".")[0] == key]:
            del result.lines[place]
    if problems:
        raise BadUsage("--set was not understood", problems=problems)
    return result


def utf_8(argument: str) -> str:
    """An argument as typed, though the locale be ASCII; what is not UTF-8 keeps its surrogates."""
    return os.fsencode(argument).decode("utf-8", "surrogateescape")


def typed(text: str, form: Form) -> Any:
    """What somebody means who types a value where there are no quotes."""
    if form == "text":
        return text
    if form == "list" and not text.lstrip().startswith("["):
        return [item.strip() for item in text.split(",") if item.strip()]
    try:
        node = _compose(text)
    except (yaml.YAMLError, RecursionError, BadUsage):
        return text
    value, message = (None, "") if node is None else _value(node)
    return text if message else value


def dump(answers: Mapping[str, Any]) -> str:
    """Answers as a YAML file."""
    text: str = yaml.safe_dump(dict(answers), sort_keys=False, allow_unicode=True)
    return text


def _text(source: str) -> str:
    try:
        if source == "-":
            content = sys.stdin.buffer.read(MAX_BYTES + 1)
        else:
            with Path(source).open("rb") as file:
                content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise BadUsage(f"cannot read answers from {source}: {error.strerror}") from error
    if len(content) > MAX_BYTES:
        raise BadUsage(f"{source} is larger than {MAX_BYTES // 1024} KB: that is no answers file")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadUsage(f"{source} is not UTF-8 text (byte {error.start})") from error


class _Composer(yaml.SafeLoader):
    """YAML without what can repeat, refer or build: anchors, aliases and tags."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _refusal("anchors and aliases are not understood here", event)
        node = super().compose_node(parent, index)
        if node is not None and getattr(event, "tag", None) and node.tag not in _PLAIN:
            raise _refusal(f"the tag {event.tag} is not understood here", event)
        return node


def _refusal(message: str, event: Any) -> BadUsage:
    line = event.start_mark.line + 1
    return BadUsage(
        f"line {line}: {message}", hint="write plain values: text, numbers, true, lists"
    )


def _given(root: yaml.MappingNode) -> Given:
    given, problems = Given(), []
    for key_node, value_node in root.value:
        key, line = str(key_node.value), key_node.start_mark.line + 1
        if key in given.values:
            message = f"stands twice, first on line {given.lines[key]}"
            problems.append(Problem(key, None, message, line))
            continue
        given.lines[key] = line
        given.lines |= _inside(key, value_node)
        given.values[key], message = _value(value_node)
        if message:
            problems.append(Problem(key, value_node.value, message, line))
    if problems:
        raise BadUsage("the answers could not be read", problems=problems)
    return given


def _inside(key: str, node: yaml.Node) -> dict[str, int]:
    """The lines of what a list or mapping holds, by dotted place."""
    found: dict[str, int] = {}
    if isinstance(node, yaml.SequenceNode):
        parts = [(str(place), each, each) for place, each in enumerate(node.value)]
    elif isinstance(node, yaml.MappingNode):
        parts = [(str(name.value), name, value) for name, value in node.value]
    else:
        return found
    for name, start, value in parts:
        found[f"{key}.{name}"] = start.start_mark.line + 1
        found |= _inside(f"{key}.{name}", value)
    return found


def _value(node: yaml.Node) -> tuple[Any, str]:
    if node.tag not in _PLAIN:
        # A date, a set, binary data: YAML found more in the text than its author meant.
        return (
            (node.value, "") if isinstance(node, yaml.ScalarNode) else (None, "is not plain data")
        )
    try:
        loader = yaml.SafeLoader("")
        value = loader.construct_object(node, deep=True)
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        return None, f"cannot be read: {error}".splitlines()[0]
    if message := _unfit(value):
        return None, message
    return value, ""


def _unfit(value: Any) -> str:
    """Why no answer can be like this, if so."""
    if not encodable(value):
        return "holds characters that are not text (unpaired surrogates)"
    if _largest(value) > MAX_BITS:
        return "holds a number with more digits than anybody counts"
    return ""


def _largest(value: Any) -> int:
    """The bits of the largest whole number in it; YAML has ways to write one of any size."""
    if isinstance(value, dict):
        value = [*value, *value.values()]
    if isinstance(value, list):
        return max(map(_largest, value), default=0)
    return value.bit_length() if isinstance(value, int) else 0


def encodable(value: Any) -> bool:
    """Can it be written as UTF-8?"""
    if isinstance(value, str):
        return not any("\ud800" <= character <= "\udfff" for character in value)
    if isinstance(value, dict):
        return all(encodable(key) and encodable(item) for key, item in value.items())
    return all(map(encodable, value)) if isinstance(value, list) else True


def _json(text: str, source: str) -> Given | None:
    """JSON has escapes and tabs that YAML reads differently or not at all; None if not JSON."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in pairs:
            if key in found:
                raise BadUsage(f"{source}: {key} stands twice")
            found[key] = value
        return found

    try:
        values = json.loads(text, object_pairs_hook=unique)
    except (ValueError, RecursionError):
        return None
    lines = _json_lines(text)
    if broken := [
        Problem(key, None, message, lines.get(key))
        for key, value in values.items()
        if (message := _unfit(value))
    ]:
        raise BadUsage("the answers could not be read", problems=broken)
    return Given(values, lines)


def _json_lines(text: str) -> dict[str, int]:
    try:
        root = _compose(text)
    except (yaml.YAMLError, RecursionError):
        return {}
    return {
        place: line
        for key, value in root.value
        for place, line in (
            (str(key.value), key.start_mark.line + 1),
            *_inside(str(key.value), value).items(),
        )
    }


def _compose(text: str) -> Any:
    return _Composer(text).get_single_node()


def _where(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    what = getattr(error, "problem", None) or "nested too deeply"
    return f"line {mark.line + 1}, {what}" if mark else what
