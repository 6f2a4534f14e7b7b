"""Answers without a model: made up from the type that a method says it returns."""

import io
import json
import os
import time
import types
import typing
from collections.abc import Callable, Iterator
from typing import Any

from pydantic import BaseModel, ValidationError

from chutekit.media import samples
from chutekit.models.workshop import Method, answers_events, hints
from chutekit.serving.lifecycle import StartupError

STEPS = 4
EVENTS = 3
SIDE = 256
PICTURES = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}
FORMATS = {
    "date-time": "2026-01-01T00:00:00Z",
    "date": "2026-01-01",
    "time": "00:00:00Z",
    "duration": "PT1S",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "uri": "https://example.com/",
    "email": "someone@example.com",
}


def in_place_of(method: Method, content_type: str) -> Method:
    """A function that answers like `method`. STUB_STEP_SECONDS makes each step take that long."""
    make = _maker(method, content_type)

    def steps(on_step: Callable[[], None]) -> None:
        for _ in range(STEPS):
            time.sleep(float(os.environ.get("STUB_STEP_SECONDS", "0")))
            on_step()

    def whole(request: Any, on_step: Callable[[], None]) -> Any:
        steps(on_step)
        return make()

    def events(request: Any, on_step: Callable[[], None]) -> Iterator[Any]:
        for _ in range(EVENTS):
            steps(on_step)
            yield make()

    return events if answers_events(method) else whole


def _maker(method: Method, content_type: str) -> Callable[[], Any]:
    """What makes up one answer, or one event."""
    answer = hints(method).get("return")
    if answers_events(method):
        (answer,) = typing.get_args(answer)[:1] or (str,)
        # Of several kinds of event the first will do.
        if isinstance(answer, types.UnionType):
            answer = answer.__args__[0]
    if isinstance(answer, type) and issubclass(answer, BaseModel):
        made = made_up(answer)
        return lambda: made
    if answer is bytes:
        content = b"data: made up\n\n" if answers_events(method) else _content(content_type)
        return lambda: content
    if answer is str:
        return lambda: "made up"
    raise StartupError(
        f"{method.__qualname__} must say what it returns: a pydantic model, bytes, or an iterator "
        "of models or texts."
    )


def made_up(model: type[BaseModel]) -> BaseModel:
    """A model with values that are within its bounds and mean nothing."""
    schema = model.model_json_schema()
    try:
        return model.model_validate_json(
            json.dumps(_value(schema, schema.get("$defs", {}), "answer"))
        )
    except ValidationError as error:
        wrong = ".".join(map(str, error.errors()[0]["loc"]))
        raise StartupError(
            f"the stand-in can make up no {model.__name__}.{wrong}: give the field examples=[...]."
        ) from error


def _value(part: dict[str, Any], definitions: dict[str, Any], name: str) -> Any:
    for known in (part.get("examples", [])[:1], part.get("enum", [])[:1]):
        if known:
            return known[0]
    for key in ("const", "default"):
        if part.get(key) is not None:
            return part[key]
    if "$ref" in part:
        of = part["$ref"].rpartition("/")[2]
        left = {key: value for key, value in definitions.items() if key != of}
        return _value(definitions[of], left, name) if of in definitions else None
    if choices := part.get("anyOf") or part.get("oneOf") or part.get("allOf"):
        return _value(choices[0], definitions, name)
    kind = part.get("type")
    if kind == "object":
        fields = part.get("properties", {}).items()
        return {key: _value(field, definitions, key) for key, field in fields}
    if kind == "array":
        pair = part.get("prefixItems")
        if pair:
            return [_value(item, definitions, name) for item in pair]
        count = max(part.get("minItems", 0), min(2, part.get("maxItems", 2)))
        return [_value(part.get("items", {}), definitions, name) for _ in range(count)]
    if kind in ("integer", "number"):
        return _number(part, whole=kind == "integer")
    if kind == "boolean":
        return True
    return _text(part, name) if kind == "string" else None


def _text(part: dict[str, Any], name: str) -> str:
    if part.get("format") in FORMATS:
        return FORMATS[part["format"]]
    text = f"made-up {name}".ljust(part.get("minLength", 0), ".")
    return text[: part.get("maxLength", len(text))]


def _number(part: dict[str, Any], *, whole: bool) -> float:
    """The least that is allowed, where that is said; else one, or the most if that is less."""
    small = 1 if whole else 0.001
    value: float = 1 if whole else 0.5
    if "minimum" in part:
        value = part["minimum"]
    elif "exclusiveMinimum" in part:
        value = part["exclusiveMinimum"] + small
    elif "maximum" in part:
        value = min(value, part["maximum"])
    elif "exclusiveMaximum" in part:
        value = min(value, part["exclusiveMaximum"] - small)
    multiple = part.get("multipleOf")
    return -(-value // multiple) * multiple if multiple else value


def _content(content_type: str) -> bytes:
    """A small file of this kind; for one that nobody knows here, a few letters."""
    if content_type in PICTURES:
        from PIL import Image

        buffer = io.BytesIO()
        Image.linear_gradient("L").resize((SIDE, SIDE)).save(buffer, PICTURES[content_type])
        return buffer.getvalue()
    known = {"audio/wav": samples.WAV, "application/pdf": samples.PDF}
    return known.get(content_type, b"made up")
