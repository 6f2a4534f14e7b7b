"""On real vLLM: whatever is asked of it, another client's stream goes on, and so does the engine.

A second is what the project promises a bystander; a hostile pattern took a minute.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from attacks.bystander import Bystander
from attacks.schemas import GRAMMAR, SCHEMAS, deep, format_of, tag_of, tool_of
from support.serving import Served, serving

pytestmark = pytest.mark.heavy
SECONDS = 1.0
#: As much as is let through, or what engines are known to break over.
ADMITTED: dict[str, dict[str, Any]] = {
    "pattern": {"response_format": format_of({"type": "string", "pattern": "a{1,990}"})},
    "class": {"response_format": format_of({"type": "string", "pattern": ".{490}"})},
    "deep": {"response_format": format_of({"anyOf": [deep(25)] * 3})},
    "tag": {"response_format": tag_of({"type": "string", "pattern": "a{1,990}"})},
    "required tool": {
        "tools": [tool_of({"type": "object", "properties": {"a": {"pattern": "a{1,990}"}}})],
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
    "regex": {"structured_outputs": {"regex": "(a{0,999}b?){0,999}" * 200}},
    "regex of groups": {"structured_outputs": {"regex": "(" * 2000 + "a" + ")" * 2000}},
    "empty regex": {"structured_outputs": {"regex": ""}},
    "grammar": {"structured_outputs": {"grammar": GRAMMAR[: GRAMMAR.rindex(" ", 0, 16380)]}},
    "left recursion": {"structured_outputs": {"grammar": 'root ::= root "a" | root root'}},
    "lark": {"structured_outputs": {"grammar": "start: A~1..4000\nA: /(a|b){1,4000}/"}},
    "groups": {"structured_outputs": {"grammar": "root ::= " + "(" * 8000 + '"a"' + ")" * 8000}},
    "choices": {"structured_outputs": {"choice": [f"{n:0256}" for n in range(256)]}},
    "two rules": {"structured_outputs": {"json": {}, "regex": "a"}},
    "no rule": {"structured_outputs": {}},
}  # fmt: skip


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Real vLLM behind a chute."""
    with serving("vllm", tmp_path_factory.mktemp("vllm")) as served:
        yield served


def ask(served: Served, fields: dict[str, Any]) -> int:
    """The status of an answer to one hostile request."""
    asked = {"messages": [{"role": "user", "content": "Hello"}], "max_tokens": 4, **fields}
    return served.client.post("/v1/chat/completions", json=asked, timeout=300).status_code


@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=SCHEMAS)
def test_what_is_refused_costs_nobody_anything(served: Served, schema: dict[str, Any]) -> None:
    with Bystander(served) as bystander:
        assert ask(served, {"response_format": format_of(schema)}) == 400
        assert ask(served, {"tools": [tool_of(schema)], "tool_choice": "required"}) == 400
    assert bystander.longest < SECONDS


@pytest.mark.parametrize("fields", ADMITTED.values(), ids=ADMITTED)
def test_what_is_let_through_stalls_nobody(served: Served, fields: dict[str, Any]) -> None:
    """And the client is at fault whatever the engine says: seven of our errors end an instance."""
    with Bystander(served) as bystander:
        for stream in (False, True):
            assert ask(served, fields | {"stream": stream}) in (200, 400)
    assert bystander.longest < SECONDS


def test_many_at_once_stall_nobody(served: Served) -> None:
    hostile = {"type": "string", "pattern": "[ab]{1,900}"}
    with Bystander(served) as bystander, ThreadPoolExecutor(16) as pool:
        statuses = list(
            pool.map(
                lambda n: ask(served, {"response_format": format_of(hostile | {"title": str(n)})}),
                range(16),
            )
        )
    assert set(statuses) <= {200, 400, 429}
    assert bystander.longest < SECONDS


def test_the_engine_is_the_same_as_before(served: Served) -> None:
    assert served.client.get("/health").status_code == 200
    assert not served.chute.events("instance_failed")
    assert served.openai.chat.completions.create(**served.chat(4)).choices
