"""Anthropic's API: what its clients send, and how they read answers, streams and errors."""

import json
from typing import Any

import httpx
import pytest
from chute import ENDPOINTS
from chutekit.testing.fixtures import MARKER
from chutekit.testing.running import RunningChute

PATH = "/v1/messages"
COUNT = "/v1/messages/count_tokens"
HELLO = [{"role": "user", "content": f"Hello {MARKER}"}]
SCHEMA = {"type": "object", "properties": {"place": {"type": "string"}}}
TOOL = {"name": "look_up", "description": "Looks up.", "input_schema": SCHEMA}
PICTURE = {
    "type": "image",
    "source": {"type": "base64", "media_type": "image/png", "data": "AA=="},
}


def body(text: str = "Hello", **fields: Any) -> dict[str, Any]:
    return {"max_tokens": 64, "messages": [{"role": "user", "content": text}]} | fields


def events(answer: httpx.Response) -> list[tuple[str, dict[str, Any]]]:
    """The names of a stream's events, and what they say."""
    assert answer.headers["content-type"].startswith("text/event-stream")
    found = [one.split("\n") for one in answer.text.removesuffix("\n\n").split("\n\n")]
    return [
        (name.removeprefix("event: "), json.loads(data.removeprefix("data: ")))
        for name, data in found
    ]


def test_plain(client: httpx.Client, development: RunningChute) -> None:
    answer = client.post(PATH, json=body(f"Hello {MARKER}"))
    told = answer.json()
    assert told["content"][0]["text"].startswith("word0 ")
    assert (told["role"], told["stop_reason"]) == ("assistant", "end_turn")
    line = development.line(answer)
    assert (line["prompt_tokens"], line["completion_tokens"]) == (2, 8)


def test_streamed(client: httpx.Client, development: RunningChute) -> None:
    answer = client.post(PATH, json=body("stub: tokens=3", stream=True))
    found = events(answer)
    assert [name for name, _ in found] == [
        "message_start",
        "content_block_start",
        *["content_block_delta"] * 3,
        "content_block_stop",
        "message_delta",
        "message_stop",
    ]
    assert all(name == said["type"] for name, said in found)
    line = development.line(answer)
    assert (line["prompt_tokens"], line["completion_tokens"]) == (2, 3)


def test_a_limit_from_a_table_of_other_models() -> None:
    request = ENDPOINTS[PATH].model_validate(body(max_tokens=10**7))
    assert request.upstream("my")["max_tokens"] == request.LIMITS.context_length


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])
def test_tools_over_two_turns(client: httpx.Client, stream: bool) -> None:
    hosted = {"type": "web_search_20250305", "name": "web_search", "max_uses": 5}
    tools = {"tools": [TOOL | {"cache_control": {"type": "ephemeral"}}, hosted]}
    asked = body("Where?", **tools, tool_choice={"type": "any"}, stream=stream)
    answer = client.post(PATH, json=asked)
    block = (
        next(said for name, said in events(answer) if name == "content_block_start")[
            "content_block"
        ]
        if stream
        else answer.json()["content"][0]
    )
    assert (block["type"], block["name"]) == ("tool_use", "look_up")
    result = {"type": "tool_result", "tool_use_id": block["id"], "content": "There."}
    history = [
        *asked["messages"],
        {"role": "assistant", "content": [block | {"caller": {"type": "direct"}}]},
        {"role": "user", "content": [result]},
    ]
    again = client.post(PATH, json=body(messages=history, **tools))
    assert again.json()["content"][0]["text"]


TAKEN: dict[str, dict[str, Any]] = {
    "an agent's": {
        "system": [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}],
        "tools": [TOOL],
        "metadata": {"user_id": "u"},
        "thinking": {"type": "adaptive"},
        "output_config": {"effort": "high"},
        "betas": ["x"],
        "context_management": {"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]},
    },
    "thinking": {"thinking": {"type": "enabled", "budget_tokens": 1024}, "max_tokens": 2048},
    "everything": {
        "system": "Be brief.",
        "temperature": 0.5,
        "top_p": 0.9,
        "top_k": 5,
        "stop_sequences": ["x"],
        "service_tier": "auto",
        "stream": False,
        "tool_choice": {"type": "auto", "disable_parallel_tool_use": True},
        "mcp_servers": [],
    },
    "a schema": {"output_config": {"format": {"type": "json_schema", "schema": SCHEMA}}},
    "blocks": {
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "Hello", "citations": None}]},
            {
                "role": "assistant",
                "content": [
                    {"type": "thinking", "thinking": "Well.", "signature": "x"},
                    {"type": "redacted_thinking", "data": "x"},
                    {"type": "text", "text": "Hello."},
                    {"type": "tool_use", "id": "1", "name": "f", "input": {}},
                ],
            },
            {
                "role": "user",
                "content": [
                    {
                        "type": "tool_result",
                        "tool_use_id": "1",
                        "is_error": False,
                        "content": [{"type": "text", "text": "x"}],
                    }
                ],
            },
        ]
    },
    "the gateway's": {
        "stream": True,
        "stream_options": {"include_usage": True, "continuous_usage_stats": True},
    },
}
REFUSED: dict[str, tuple[dict[str, Any], str, str]] = {
    "no limit": ({"max_tokens": None}, "max_tokens", "valid integer"),
    "unknown": ({"temprature": 1}, "temprature", "is not a known field"),
    "nothing": ({"messages": []}, "messages", "at least 1 item"),
    "too much": (
        {"messages": [{"role": "user", "content": "x" * 999_999}]},
        "messages",
        "maximum context length",
    ),
    "another model": ({"model": "gpt-4o"}, "model", "must be my-chute-staging"),
    "a picture": (
        {"messages": [{"role": "user", "content": [PICTURE]}]},
        "messages.0.content.0.source.data",
        "this chute takes text only",
    ),
    "a document": (
        {"messages": [{"role": "user", "content": [PICTURE | {"type": "document"}]}]},
        "messages.0.content.0.type",
        "is document, and this chute takes text only",
    ),
    "an unknown block": (
        {"messages": [{"role": "user", "content": [{"type": "hologram"}]}]},
        "messages.0.content.0.type",
        "must be one of",
    ),
    "a remote picture": (
        {
            "messages": [
                {
                    "role": "user",
                    "content": [
                        {
                            "type": "image",
                            "source": {"type": "url", "url": "http://169.254.169.254/"},
                        }
                    ],
                }
            ]
        },
        "messages.0.content.0.source.url",
        "must be a data: URL",
    ),
    "a remote picture in a result": (
        {
            "messages": [
                {
                    "role": "user",
                    "content": [
                        {
                            "type": "tool_result",
                            "tool_use_id": "1",
                            "content": [
                                {
                                    "type": "image",
                                    "source": {"type": "url", "url": "http://169.254.169.254/"},
                                }
                            ],
                        }
                    ],
                }
            ]
        },
        "messages.0.content.0.content.0.source.url",
        "must be a data: URL",
    ),
    "a tool without a schema": ({"tools": [{"name": "f"}]}, "tools.0.input_schema", "is required"),
    "no tools": ({"tool_choice": {"type": "any"}, "tools": []}, "tool_choice", "tools are given"),
    "no name": (
        {"tool_choice": {"type": "tool"}, "tools": [TOOL]},
        "tool_choice.name",
        "is required when",
    ),
    "other servers": ({"mcp_servers": [{"type": "url"}]}, "mcp_servers", "other servers"),
}


@pytest.mark.parametrize("fields", TAKEN.values(), ids=TAKEN)
def test_what_clients_send_is_taken(client: httpx.Client, fields: dict[str, Any]) -> None:
    answer = client.post(f"{PATH}?beta=true", json=body() | fields)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])
@pytest.mark.parametrize(("fields", "field", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused_is_told_in_anthropics_shape(
    client: httpx.Client, fields: dict[str, Any], field: str, message: str, stream: bool
) -> None:
    answer = client.post(PATH, json=body(stream=stream) | fields)
    assert answer.status_code == 400
    told = answer.json()
    assert (told["type"], told["error"]["type"]) == ("error", "invalid_request_error")
    assert told["request_id"] == answer.headers["x-request-id"]
    assert [one["field"] for one in told["error"]["fields"]] == [field]
    assert message in told["error"]["fields"][0]["message"]


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])
@pytest.mark.parametrize(
    ("behaviour", "status", "kind"),
    [
        ("status=429", 429, "rate_limit_error"),
        ("status=500", 500, "api_error"),
        ("garbage=0", 503, "api_error"),
        ("tokens=10000000", 400, "invalid_request_error"),
    ],
)
def test_trouble_in_the_engine(
    client: httpx.Client, behaviour: str, status: int, kind: str, stream: bool
) -> None:
    asked = body(f"stub: {behaviour}", stream=stream)
    if behaviour == "garbage=0" and stream:
        answer = events(client.post(PATH, json=asked))[-1][1]
    else:
        reply = client.post(PATH, json=asked)
        assert reply.status_code == status
        answer = reply.json()
    assert answer["error"]["type"] == kind


def test_what_the_engine_refuses_in_its_first_event(client: httpx.Client) -> None:
    answer = client.post(PATH, json=body("stub: refuse=0", stream=True))
    assert (answer.status_code, answer.json()["error"]["message"]) == (400, "As requested.")


@pytest.mark.parametrize("behaviour", ["garbage=3", "cut=3", "refuse=3"])
def test_a_stream_that_breaks_ends_with_an_error(client: httpx.Client, behaviour: str) -> None:
    asked = body(f"stub: tokens=6 {behaviour}", stream=True)
    name, said = events(client.post(PATH, json=asked))[-1]
    assert (name, said["type"], said["error"]["type"]) == ("error", "error", "api_error")
    assert "stopped in the middle" in said["error"]["message"]


def test_tokens_are_counted(client: httpx.Client) -> None:
    asked = {"messages": HELLO, "system": "Be brief.", "tools": [TOOL]}
    assert client.post(COUNT, json=asked).json()["input_tokens"] == 2
    wrong = client.post(COUNT, json=asked | {"max_tokens": 5})
    assert wrong.json()["error"]["fields"] == [
        {"field": "max_tokens", "message": "is not a known field"}
    ]
