"""What the stub engine calls, and values that fit what it is asked for."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

RESULTS = ("function_call_output", "custom_tool_call_output", "tool_result")


class Call(NamedTuple):
    """A tool's name, and its arguments as JSON text."""

    name: str
    arguments: str


def call(asked: dict[str, Any], wanted: str) -> Call | None:
    """Return a call when one must be made, or when `wanted` names one and no result is there yet.

    It is of the tool that the choice or `wanted` names, else of the first.
    """
    tools = [found for tool in asked.get("tools") or () if "name" in (found := _function(tool))]
    choice = asked.get("tool_choice")
    named = _function(choice).get("name") if isinstance(choice, dict) else None
    kind = choice.get("type") if isinstance(choice, dict) else choice
    free = kind in (None, "auto")
    if not tools or kind == "none" or (free and (not wanted or _has_result(asked))):
        return None
    tool = next((tool for tool in tools if tool["name"] == (named or wanted)), tools[0])
    schema = tool.get("parameters") or tool.get("input_schema") or {}
    return Call(tool["name"], json.dumps(example(schema)))


def _function(tool: dict[str, Any]) -> dict[str, Any]:
    """A tool's function, which the older API keeps apart."""
    inner = tool.get("function")
    return inner if isinstance(inner, dict) else tool


def _has_result(asked: dict[str, Any]) -> bool:
    """Whether the last thing said is what a tool returned."""
    given = asked.get("messages") or asked.get("input")
    last = given[-1] if isinstance(given, list) and given else {}
    parts = last.get("content")
    kinds = [part.get("type") for part in parts] if isinstance(parts, list) else []
    return last.get("role") == "tool" or any(kind in RESULTS for kind in (last.get("type"), *kinds))


def example(schema: dict[str, Any], root: dict[str, Any] | None = None) -> Any:
    """Return a value that fits a JSON Schema of the kind that clients make."""
    root = schema if root is None else root
    if path := schema.get("$ref"):
        found = root
        for name in path.removeprefix("#/").split("/"):
            found = found[name]
        return example(found, root)
    for name in ("anyOf", "oneOf", "allOf"):
        if schema.get(name):
            return example(schema[name][0], root)
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return schema["enum"][0]
    kind = schema.get("type", "object")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object":
        fields = schema.get("properties") or {}
        return {name: example(fields[name], root) for name in schema.get("required") or ()}
    if kind == "array":
        return [example(schema.get("items") or {"type": "string"}, root)]
    return {"string": "stub", "integer": 1, "number": 1.0, "boolean": True}.get(kind)
