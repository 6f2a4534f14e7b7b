"""Other values in the text of an answers file; comments, order and all else stay as they are."""

from collections.abc import Mapping
from typing import Any

import yaml

from scaffold.errors import BadUsage


def changed(text: str, values: Mapping[str, Any], name: str) -> str:
    """The text with these values; keys that it does not have are added at its end.

    Raises BadUsage, which calls the text `name`, unless every value it has stands behind its key.
    """
    nodes = _nodes(text, name)
    edits = [(nodes[key], _plain(value)) for key, value in values.items() if key in nodes]
    new = [f"{key}: {_plain(value)}" for key, value in values.items() if key not in nodes]
    after = text
    for node, value in sorted(edits, key=lambda edit: edit[0].start_mark.index, reverse=True):
        start, end = node.start_mark.index, node.end_mark.index
        if isinstance(node, yaml.CollectionNode) and not node.flow_style:
            # It begins below its key, and would end where the next one begins.
            end = _end(node)
            start = len(after[:start].rstrip())
        space = "" if after[start - 1].isspace() else " "
        after = f"{after[:start]}{space}{value}{after[end:]}"
    if new:
        before = after.rstrip("\n")
        after = "\n".join([*([before] if before else []), *new, ""])
    if any(parsed(after).get(key, ...) != value for key, value in values.items()):
        raise _unchangeable(name)
    return after


def _nodes(text: str, name: str) -> dict[str, yaml.Node]:
    """The value of each key."""
    try:
        root = yaml.compose(text, yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise _unchangeable(name) from error
    if root is None or root.tag == "tag:yaml.org,2002:null":
        return {}
    if not isinstance(root, yaml.MappingNode):
        raise _unchangeable(name)
    return {str(key.value): value for key, value in root.value}


def _end(node: yaml.Node) -> int:
    """Where the last of what it holds ends, before the comments that follow."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _end(last[1] if isinstance(node, yaml.MappingNode) else last)
    end: int = node.end_mark.index
    return end


def parsed(text: str | None) -> dict[str, Any]:
    """What the text of an answers file says; nothing where it is none."""
    try:
        found = yaml.safe_load(text or "")
    except (yaml.YAMLError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _plain(value: Any) -> str:
    """A value in one line."""
    text: str = yaml.safe_dump(value, default_flow_style=True, width=10_000)
    return text.removesuffix("...\n").strip()


def _unchangeable(name: str) -> BadUsage:
    return BadUsage(f"{name} could not be changed: write plain `key: value` lines")
