"""What a deploy publishes about the bodies: described, with an example, and true."""

import importlib
import json
from typing import Any

import pytest
from chutekit.ops.declared import settings
from chutekit.serving.contract import Route
from chutekit.serving.schema import published
from chutekit.testing.gateway import Gateway
from chutes.chute import Chute
from chutes.chute.cord import Cord
from pydantic import BaseModel

PROBES = importlib.import_module(settings().probes).PROBES


@pytest.fixture
def cords(declared: Chute) -> list[tuple[Cord, Route, dict[str, Any]]]:
    """Each cord that takes a body, and the schema of that body."""
    found = []
    for cord, route in declared.served:
        if route.parse:
            (body,) = cord.input_schema["definitions"].values()
            found.append((cord, route, body))
    assert found
    return found


def test_every_field_is_described(cords: list[tuple[Cord, Route, dict[str, Any]]]) -> None:
    for cord, _, body in cords:
        bare = [name for name, field in body["properties"].items() if not field.get("description")]
        assert bare == [], cord.public_api_path


def test_a_schema_stands_by_itself(cords: list[tuple[Cord, Route, dict[str, Any]]]) -> None:
    for _, _, body in cords:
        text = json.dumps(body)
        assert "$ref" not in text
        assert "null" not in text


def test_examples_and_defaults_are_answered(
    cords: list[tuple[Cord, Route, dict[str, Any]]], gateway: Gateway
) -> None:
    for cord, _, body in cords:
        fields = body["properties"]
        defaults = {name: field["default"] for name, field in fields.items() if "default" in field}
        for sent in (body["examples"][0], defaults | body["examples"][0]):
            content = json.dumps(sent).encode()
            assert gateway.call("POST", cord.public_api_path, content).status == 200, sent


def test_a_smoke_test_sends_an_example(cords: list[tuple[Cord, Route, dict[str, Any]]]) -> None:
    sent = [probe.body for probe in PROBES if probe.method == "POST"]
    examples = [body["examples"][0] for _, _, body in cords]
    assert sent[0] in examples


class Part(BaseModel):
    """Something with parts of its own."""

    parts: list["Part"] | None = None
    kind: None = None


def test_what_contains_itself_ends_somewhere() -> None:
    body = published(Part, stream=False)["definitions"]["Part"]
    assert body["properties"].keys() == {"parts"}
    assert body["properties"]["parts"]["type"] == "array"
    assert "default" not in body["properties"]["parts"]
