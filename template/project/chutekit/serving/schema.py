"""The input schemas that a deploy publishes, for people and agents who read about the chute.

The platform makes a page, an `llms.txt` and an OpenAPI document of them, and examples of calls from
their defaults.
"""

from typing import Any

from pydantic import BaseModel


def published(model: type[BaseModel], *, stream: bool) -> dict[str, Any]:
    """Return the schema of a body in the shape that the SDK gives the schema of a class.

    `model` may bring examples, of which the first is the one of each field as well.
    """
    schema = model.model_json_schema()
    body = _plain(schema, schema.get("$defs", {}), ())
    body.pop("$defs", None)
    for example in body.get("examples", [])[:1]:
        if stream:
            example = {**example, "stream": True}
            body["examples"] = [example]
        for name, value in example.items():
            body["properties"][name]["examples"] = [value]
    if stream:
        body["properties"]["stream"]["default"] = True
    name = model.__name__
    return {
        "type": "object",
        "properties": {"input_args": {"$ref": f"#/definitions/{name}"}},
        "required": ["input_args"],
        "definitions": {name: body},
    }


def _plain(part: Any, definitions: dict[str, Any], inside: tuple[str, ...]) -> Any:
    """Return a part of a schema without references and without null.

    Null means the same as leaving a field out, and the platform itself stumbles over some: it knows
    no cord for `"stream": null`.
    """
    if isinstance(part, list):
        return [_plain(item, definitions, inside) for item in part]
    if not isinstance(part, dict):
        return part
    if "$ref" in part:
        name = part["$ref"].rpartition("/")[2]
        beside = {key: value for key, value in part.items() if key != "$ref"}
        # What contains itself cannot be written out.
        found = {} if name in inside else _plain(definitions[name], definitions, (*inside, name))
        return found | _plain(beside, definitions, inside)
    if "anyOf" in part:
        others = [choice for choice in part["anyOf"] if choice != {"type": "null"}]
        rest = {key: value for key, value in part.items() if key != "anyOf"}
        part = rest | (others[0] if len(others) == 1 else {"anyOf": others})
        if "$ref" in part:
            return _plain(part, definitions, inside)
    left_out = {"$defs", "discriminator"} | (
        {"default"} if part.get("default", 0) is None else set()
    )
    kept = {
        key: _plain(value, definitions, inside)
        for key, value in part.items()
        if key not in left_out
    }
    if isinstance(kept.get("properties"), dict):
        kept["properties"] = {
            name: field for name, field in kept["properties"].items() if field.get("type") != "null"
        }
    return kept
