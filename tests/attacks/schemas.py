"""Schemas, patterns and grammars that keep an engine from everybody, each alone."""

import json
from functools import reduce
from typing import Any

TEXT = {"type": "string"}
PATTERNS = {
    "repeated": "a{1,32000}",
    "repeated and open": "a{32000,}",
    "repeated in repeated": "((ab){1,60}c){1,60}",
    "a class, repeated": "^[^x]{0,2000}$",
    "after anything": ".*a.{700}",
    "options": "[a-z]?" * 700,
    "escaped": r"\u4e00{4000}",
}
OBJECT = {"type": "object", "properties": {f"p{n}": {"pattern": "a{1,100}"} for n in range(20)}}


def deep(levels: int) -> dict[str, Any]:
    """Objects or lists in each other, which are converted for each type anew."""

    def around(inner: Any, _: int) -> dict[str, Any]:
        return {"type": ["object", "array"], "properties": {"a": inner}, "items": TEXT}

    return reduce(around, range(levels), TEXT)


SCHEMAS: dict[str, dict[str, Any]] = {
    **{name: {"type": "string", "pattern": pattern} for name, pattern in PATTERNS.items()},
    "a pattern of names": {"type": "object", "patternProperties": {"a{1,9000}": {}}},
    "a pattern for names": {"type": "object", "propertyNames": {"pattern": "a{1,9000}"}},
    "many patterns": {"anyOf": [{"pattern": "a{1,300}", "maxLength": n} for n in range(100)]},
    "one part in many spellings": {
        "$defs": {"a": OBJECT},
        "anyOf": [{"$ref": f"#{'/' * (n + 1)}$defs/a"} for n in range(200)],
    },
    "one part with many ends": {
        "$defs": {"a": OBJECT},
        "anyOf": [{"$ref": f"#/$defs/a{'/' * n}"} for n in range(200)],
    },
    "parts of parts": {
        "$defs": deep(25),
        "anyOf": [{"$ref": "#/$defs" + "/properties/a" * n} for n in range(25)],
    },
    "deep": deep(40),
    "many deep ones": {"anyOf": [deep(25) for _ in range(30)]},
    "too many bytes": {"enum": [f"{n:0200}" for n in range(2000)]},
    "below zero": {"type": "string", "minLength": -1},
    "beyond 32 bits": {"type": "array", "minItems": 2**31},
}
GRAMMAR = "root ::= " + " ".join(["[a-z]*"] * 3000)


def format_of(schema: Any) -> dict[str, Any]:
    """As chats take a schema."""
    return {"type": "json_schema", "json_schema": {"name": "n", "schema": schema}}


def tag_of(schema: Any) -> dict[str, Any]:
    """As a structural tag holds it."""
    return {"type": "structural_tag", "format": {"type": "json_schema", "json_schema": schema}}


def tool_of(schema: Any) -> dict[str, Any]:
    """As a tool's parameters."""
    return {"type": "function", "function": {"name": "f", "parameters": schema}}


def twice(schema: Any) -> str:
    """Text with the schema first and a harmless one after it, under the same name."""
    return f'{{"items": {json.dumps(schema)}, "items": {{}}}}'
