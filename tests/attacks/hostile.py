"""Requests that are let through and ask an engine for as much as one may."""

from typing import Any

from attacks.schemas import deep, format_of, tag_of, tool_of
from support.serving import Served

#: As much as is let through, or what engines are known to break over.
ADMITTED: dict[str, dict[str, Any]] = {
    "pattern": {"response_format": format_of({"type": "string", "pattern": "a{1,690}"})},
    "class": {"response_format": format_of({"type": "string", "pattern": ".{345}"})},
    "deep": {"response_format": format_of(deep(27))},
    "tag": {"response_format": tag_of({"type": "string", "pattern": "a{1,690}"})},
    "required tool": {
        "tools": [tool_of({"type": "object", "properties": {"a": {"pattern": "a{1,690}"}}})],
        "tool_choice": "required",
    },
    "optional properties": {
        "response_format": format_of(
            {"type": "object", "properties": {f"p{n}": {"type": "string"} for n in range(200)}}
        )
    },
    "counted properties": {
        "response_format": format_of(
            {
                "type": "object",
                "properties": {f"p{n}": {"type": "string"} for n in range(60)},
                "minProperties": 30,
                "maxProperties": 50,
            }
        )
    },
    "itself": {"response_format": format_of({"$ref": "#"})},
    "each other": {
        "response_format": format_of(
            {"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}, "$ref": "#/$defs/a"}
        )
    },
    "nothing": {"response_format": format_of({"enum": []})},
    "no such part": {"response_format": format_of({"$ref": "#/$defs/none"})},
    "wrong types": {"response_format": format_of({"type": 5, "properties": [], "items": "x"})},
    "long": {"response_format": format_of({"type": "string", "maxLength": 2**31 - 1})},
    "regex": {"structured_outputs": {"regex": "(a{1,9}b){0,11}" * 9}},
    "regex of groups": {"structured_outputs": {"regex": "(" * 2000 + "a" + ")" * 2000}},
    "empty regex": {"structured_outputs": {"regex": ""}},
    "stars": {"structured_outputs": {"regex": "a*" * 250}},
    "repetitions": {"structured_outputs": {"grammar": "root ::= " + '"a"* ' * 255}},
    "empty ones": {"structured_outputs": {"grammar": f"root ::= {'r* ' * 250}\nr ::= [ab]* [bc]?"}},
    "counted ones": {"structured_outputs": {"grammar": f"root ::= {'r{0,31} ' * 2}\nr ::= [ab]?"}},
    "long grammar": {"structured_outputs": {"grammar": "root ::= " + "[a-z] " * 2700}},
    "left recursion": {"structured_outputs": {"grammar": 'root ::= root "a" | root root'}},
    "lark": {"structured_outputs": {"grammar": "start: A~1..900\nA: /[ab]{1,4000}/"}},
    "groups": {"structured_outputs": {"grammar": "root ::= " + "(" * 8000 + '"a"' + ")" * 8000}},
    "choices": {"structured_outputs": {"choice": [f"{n:0256}" for n in range(256)]}},
    "two rules": {"structured_outputs": {"json": {}, "regex": "a"}},
    "no rule": {"structured_outputs": {}},
}


def ask(served: Served, fields: dict[str, Any]) -> int:
    """The status of an answer to one hostile request."""
    asked = {"messages": [{"role": "user", "content": "Hello"}], "max_tokens": 8, **fields}
    return served.client.post("/v1/chat/completions", json=asked, timeout=300).status_code
