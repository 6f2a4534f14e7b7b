"""No request makes an engine busy with a grammar for long: refused before the engine hears of it.

What an engine does with what is let through is tried by test_stalls.py.
"""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from chutekit.engines import chat, messages, pace, request
from chutekit.engines.grammars import BUDGET, BUDGET_OF_TOOLS, FreeForm, asked, cost, size
from chutekit.engines.sglang import chat as sglang_chat
from chutekit.engines.sglang import endpoints as sglang_endpoints
from chutekit.engines.vllm import chat as vllm_chat
from chutekit.engines.vllm import endpoints as vllm_endpoints
from chutekit.serving.errors import Refusal
from pydantic import TypeAdapter, ValidationError

from attacks.schemas import GRAMMAR, PATTERNS, SCHEMAS, deep, format_of, tag_of, tool_of, twice

HELLO = {"messages": [{"role": "user", "content": "Hello"}]}
Body = dict[str, Any]


class VllmChat(vllm_chat.EngineChatFields, chat.ChatFields):
    """As chute.py declares it."""


class VllmCompletion(vllm_chat.EngineFields, chat.CompletionFields):
    """As chute.py declares it."""


class SglangChat(sglang_chat.EngineChatFields, chat.ChatFields):
    """As chute.py declares it."""


#: Every place of a request that takes a schema, and the field that an error names.
PLACES: dict[str, tuple[type[request.EngineRequest], Callable[[Any], Body], str]] = {
    "format": (VllmChat, lambda s: HELLO | {"response_format": format_of(s)}, "schema"),
    "tag": (VllmChat, lambda s: HELLO | {"response_format": tag_of(s)}, "format"),
    "older tag": (
        VllmChat,
        lambda s: (
            HELLO
            | {
                "response_format": {
                    "type": "structural_tag",
                    "structures": [{"begin": "<a>", "schema": s, "end": "</a>"}],
                    "triggers": ["<"],
                }
            }
        ),
        "schema",
    ),
    "object": (VllmChat, lambda s: HELLO | {"structured_outputs": {"json": s}}, "json"),
    "text": (VllmChat, lambda s: HELLO | {"structured_outputs": {"json": json.dumps(s)}}, "json"),
    "tag as text": (
        VllmChat,
        lambda s: HELLO | {"structured_outputs": {"structural_tag": json.dumps(tag_of(s))}},
        "structural_tag",
    ),
    "tool": (VllmChat, lambda s: HELLO | {"tools": [tool_of(s)]}, "parameters"),
    "SGLang's tool": (SglangChat, lambda s: HELLO | {"tools": [tool_of(s)]}, "parameters"),
    "completion": (
        VllmCompletion,
        lambda s: {"prompt": "x", "response_format": format_of(s)},
        "schema",
    ),
    "response": (
        vllm_endpoints.ResponsesRequest,
        lambda s: {
            "input": "x",
            "text": {"format": {"type": "json_schema", "name": "n", "schema": s}},
        },
        "schema",
    ),
    "response's tool": (
        sglang_endpoints.ResponsesRequest,
        lambda s: {"input": "x", "tools": [{"type": "function", "name": "f", "parameters": s}]},
        "parameters",
    ),
    "message": (
        vllm_endpoints.MessagesRequest,
        lambda s: (
            HELLO
            | {"max_tokens": 1, "output_config": {"format": {"type": "json_schema", "schema": s}}}
        ),
        "schema",
    ),
    "message's tool": (
        sglang_endpoints.MessagesRequest,
        lambda s: HELLO | {"max_tokens": 1, "tools": [{"name": "f", "input_schema": s}]},
        "input_schema",
    ),
}
ORDINARY = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 200},
        "zip": {"type": "string", "pattern": r"^\d{5}(-\d{4})?$"},
        "date": {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"},
        "slug": {"type": "string", "pattern": "^[a-z0-9]+(?:-[a-z0-9]+){0,20}$"},
        "title": {"type": "string", "pattern": "^[A-Za-z0-9 ,.'-]{1,256}$"},
        "pattern": {"type": "string", "enum": ["a{1,9}", "b"]},
        "children": {"type": "array", "items": {"$ref": "#/$defs/node"}, "maxItems": 1000},
    },
    "$defs": {"node": {"anyOf": [{"type": "null"}, {"$ref": "#"}]}},
    "required": ["name"],
}


@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=SCHEMAS)
@pytest.mark.parametrize("place", PLACES)
def test_what_would_take_long_is_refused(place: str, schema: dict[str, Any]) -> None:
    kind, body, field = PLACES[place]
    with pytest.raises(ValidationError) as refused:
        kind.model_validate(body(schema))
    assert any(field in error["loc"] for error in refused.value.errors())


@pytest.mark.parametrize("place", PLACES)
def test_what_people_send_is_taken(place: str) -> None:
    kind, body, _ = PLACES[place]
    sent = kind.model_validate(body(ORDINARY)).upstream("m")
    assert asked(sent)
    assert "zip" in json.dumps(sent)


def test_text_says_to_the_engine_what_it_said_to_us() -> None:
    hidden = twice({"pattern": PATTERNS["repeated"]})
    sent = VllmChat.model_validate(HELLO | {"structured_outputs": {"json": hidden}}).upstream("m")
    assert sent["structured_outputs"]["json"] == '{"items":{}}'


@pytest.mark.parametrize("text", ["", "{", "nothing", "[" * 5000, '{"a": NaN}'])
def test_text_that_is_no_json_is_refused(text: str) -> None:
    for name in ("json", "structural_tag"):
        with pytest.raises(ValidationError):
            VllmChat.model_validate(HELLO | {"structured_outputs": {name: text}})


def test_a_grammar_is_as_long_as_can_be_read() -> None:
    for kind, fields in (
        (VllmChat, {"structured_outputs": {"grammar": GRAMMAR}}),
        (SglangChat, {"ebnf": GRAMMAR}),
        (
            VllmChat,
            {"response_format": tag_of({}) | {"format": {"type": "grammar", "grammar": GRAMMAR}}},
        ),
    ):
        with pytest.raises(ValidationError, match="at most 16384 characters"):
            kind.model_validate(HELLO | fields)


def test_many_tools_count_together() -> None:
    schema = {"anyOf": [{"pattern": "a{1,300}"}] * 4}
    tools = [tool_of(schema) for _ in range(20)]
    assert cost(schema) < BUDGET < BUDGET_OF_TOOLS < 20 * cost(schema)
    with pytest.raises(ValidationError, match="takes the engine too long"):
        VllmChat.model_validate(HELLO | {"tools": tools})
    assert VllmChat.model_validate(HELLO | {"tools": tools[:2]})


def test_many_ordinary_tools_are_taken() -> None:
    assert VllmChat.model_validate(HELLO | {"tools": [tool_of(ORDINARY)] * 15})


@pytest.mark.parametrize(
    "rule",
    [
        {"response_format": format_of({"pattern": "a{1,400}"})},
        {"structured_outputs": {"json": '{"pattern": "a{1,400}"}'}},
        {"structured_outputs": {"choice": ["x" * 256] * 64}},
    ],
)
def test_each_prompt_counts(rule: Body) -> None:
    assert VllmCompletion.model_validate({"prompt": ["x"]} | rule)
    with pytest.raises(ValidationError, match="for each prompt"):
        VllmCompletion.model_validate({"prompt": ["x"] * 32} | rule)


def test_what_is_no_schema_may_look_like_one() -> None:
    anything = {"pattern": PATTERNS["repeated"], "minLength": -1}
    assert VllmChat.model_validate(HELLO | {"metadata": anything, "chat_template_kwargs": anything})
    assert TypeAdapter(FreeForm).validate_python(deep(20))
    used = {"type": "tool_use", "id": "1", "name": "f", "input": anything}
    turn = [{"role": "assistant", "content": [used]}]
    assert messages.MessagesFields.model_validate({"messages": turn, "max_tokens": 1})


@pytest.mark.parametrize(
    ("pattern", "states"),
    [
        ("abc", 3),
        ("a{3}", 3),
        ("a{2,5}", 5),
        ("a{4,}", 5),
        ("(ab){3}", 6),
        ("(a(b){2}){3}", 9),
        (r"\{9\}", 3),
        ("[a-z]{4}", 4),
        ("[]x]{4}", 4),
        (r"[\]]{4}", 4),
        (r"\u{1F600}{4}", 4),
        ("(?:ab){3}?", 6),
        ("", 0),
        ("{5}", 0),
        ("(((", 0),
        (")))", 3),
        ("a{9", 3),
    ],
)
def test_the_size_of_a_pattern(pattern: str, states: int) -> None:
    assert size(pattern).states >= states


@pytest.mark.parametrize(
    "expression",
    [
        "(a{0,999}b?){0,999}(a{0,999}b?){0,999}",
        "(a*)*",
        "(a?b?)+",
        "((a|b?)c*)*",
        "(|a)*",
        "(a{0,9}){2,9}",
        "(?:a*)*",
        "(^)*",
        "()*",
        "(?P<n>a*)+",
        "(a*|b)*",
        "a{0,9}{0,9}",
        "a{1,1001}",
        "((a+){1,9}){1,9}" * 4,
        "a*" * 500,
        "(){0,900}(){0,900}",
    ],
)
def test_an_expression_that_finds_no_next_token_is_refused(expression: str) -> None:
    tag = {"type": "structural_tag", "format": {"type": "regex", "pattern": expression}}
    for kind, fields, field in (
        (VllmChat, {"structured_outputs": {"regex": expression}}, "regex"),
        (VllmChat, {"response_format": tag}, "format"),
        (SglangChat, {"regex": expression}, "regex"),
    ):
        with pytest.raises(ValidationError) as refused:
            kind.model_validate(HELLO | fields)
        assert field in refused.value.errors()[0]["loc"]


@pytest.mark.parametrize(
    "expression",
    [
        "(yes|no)",
        r"\d{4}-\d{2}-\d{2}",
        "[A-Z][a-z]*( [A-Z][a-z]*)*",
        "(ab?)*",
        "(a|b)+c?",
        "",
        r"^(\+?[0-9]{1,3})?[0-9]{7,12}$",
        "a*?b+?",
        "(a+)+",
        "(?:x(?:,y)?){0,20}",
        "[^<]{0,400}",
    ],
)
def test_an_ordinary_expression_is_taken(expression: str) -> None:
    assert VllmChat.model_validate(HELLO | {"structured_outputs": {"regex": expression}})


@pytest.mark.parametrize(
    "text",
    [
        'root ::= r{0,999} r{0,999}\nr ::= "a"{0,999} "b"?',
        'root ::= ("a"{0,99} "b"?){0,99} ("a"? "b"?){0,99}',
        'start: (A? B?)~0..99 a~99\na: (A? B?)~9\nA: "a"\nB: "b"',
        "root ::= " + '"a"* ' * 300,
        'root ::= ""{0,99} ""{0,99}',
    ],
)
def test_a_grammar_that_finds_no_next_token_is_refused(text: str) -> None:
    for kind, fields in (
        (VllmChat, {"structured_outputs": {"grammar": text}}),
        (SglangChat, {"ebnf": text}),
    ):
        with pytest.raises(ValidationError, match="must repeat"):
            kind.model_validate(HELLO | fields)


def test_an_ordinary_grammar_is_taken() -> None:
    text = (
        'root ::= select " from " name (" where " name "=" [0-9]{1,18}){0,10}\n'
        'select ::= "select " (name ("," name)* | "*")\nname ::= [a-z_]{1,64}\n'
        'date ::= [0-9]{4} "-" [0-9]{2} "-" [0-9]{2}'
    )
    assert VllmChat.model_validate(HELLO | {"structured_outputs": {"grammar": text}})


def test_many_at_once_take_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    async def all_of_them() -> None:
        turns = pace.Pace()
        for _ in range(3):
            await turns.turn(BUDGET)
            await turns.turn(pace.FREE)
            await turns.turn(None)
        for _ in range(400):
            await turns.turn(BUDGET)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    with pytest.raises(Refusal) as refused:
        asyncio.run(all_of_them())
    assert refused.value.status == 429
    # A twentieth of a second each, and three times as much of the engine for all others.
    assert waited[:3] == pytest.approx([0, 0.2, 0.4], abs=0.1)
