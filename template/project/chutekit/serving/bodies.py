"""How large a body can be, from the bounds of its fields, so that nobody has to compute it."""

import json
from typing import Any

from pydantic import BaseModel

from chutekit import WrongUse

# A character of a text may be sent as an escape; in base64 some clients escape slashes.
ESCAPED = 6
NUMBER = 32
# Braces, commas and spaces of a client who writes prettily.
AROUND = 16


def most_bytes(*requests: type[BaseModel]) -> int:
    """The largest body that one of these requests can have, in bytes.

    Every text and every list needs a bound (`max_length`): WrongUse names one without.
    """
    return max(_model(request) for request in requests)


def _model(request: type[BaseModel]) -> int:
    schema = request.model_json_schema()
    return _bytes(schema, schema.get("$defs", {}), request.__name__)


def _bytes(part: Any, definitions: dict[str, Any], where: str) -> int:
    if "$ref" in part:
        name = part["$ref"].rpartition("/")[2]
        left = {key: value for key, value in definitions.items() if key != name}
        if name not in definitions:
            raise WrongUse(f"{where} contains itself: bound it by max_body_bytes of the chute.")
        return _bytes(definitions[name], left, where)
    if choices := part.get("anyOf") or part.get("oneOf"):
        return max(_bytes(choice, definitions, where) for choice in choices)
    if "const" in part or "enum" in part:
        return max(len(json.dumps(value)) for value in part.get("enum", [part.get("const")]))
    if part.get("type") == "string":
        longest = _bound(part, "maxLength", where)
        base64 = part.get("contentEncoding") == "base64"
        return 2 + (longest * 17 // 16 if base64 else longest * ESCAPED)
    if part.get("type") == "array":
        return _bound(part, "maxItems", where) * (
            AROUND + _bytes(part.get("items", {}), definitions, where)
        )
    if part.get("type") == "object" and "properties" in part:
        return AROUND + sum(
            AROUND + len(json.dumps(name)) + _bytes(field, definitions, f"{where}.{name}")
            for name, field in part["properties"].items()
        )
    if part.get("type") not in ("integer", "number", "boolean", "null"):
        raise WrongUse(f"{where} may be anything: say which type it has.")
    return NUMBER


def _bound(part: Any, name: str, where: str) -> int:
    if name not in part:
        raise WrongUse(f"{where} has no bound: give it a max_length.")
    return int(part[name])
