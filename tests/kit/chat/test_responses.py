"""The official client's newer API, unchanged, against the chute."""

from collections.abc import Iterator
from typing import Any

import httpx
import openai
import pydantic
import pytest
from chutekit.testing.fixtures import MARKER
from chutekit.testing.running import RunningChute

PATH = "/v1/responses"
SCHEMA = {"type": "object", "properties": {"place": {"type": "string"}}}
TOOL = {"type": "function", "name": "look_up", "parameters": SCHEMA, "strict": False}


@pytest.fixture
def ask(development: RunningChute) -> Iterator[Any]:
    with openai.OpenAI(base_url=f"{development.url}/v1", api_key="none", max_retries=0) as client:
        yield client


@pytest.fixture
def model(ask: Any) -> str:
    name: str = ask.models.list().data[0].id
    return name


def test_plain(ask: Any, model: str, development: RunningChute) -> None:
    raw = ask.responses.with_raw_response.create(model=model, input=f"Hello {MARKER}")
    answer = raw.parse()
    assert answer.output_text.startswith("word0 ")
    assert answer.model == model
    assert answer.usage.output_tokens == 8
    told = development.line(raw.http_response)
    assert (told["prompt_tokens"], told["completion_tokens"]) == (2, 8)


def test_streamed(ask: Any, model: str) -> None:
    events = list(ask.responses.create(model=model, input="stub: tokens=3", stream=True))
    assert [event.sequence_number for event in events] == list(range(len(events)))
    text = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    assert text == "word0 word1 word2 "
    assert events[-1].type == "response.completed"
    assert events[-1].response.usage.output_tokens == 3


def test_a_stream_is_delivered_while_it_is_made(ask: Any, model: str) -> None:
    with ask.responses.create(model=model, input="stub: tokens=3 hang=2", stream=True) as stream:
        seen = next(event for event in stream if event.type == "response.output_text.delta")
    assert seen.delta == "word0 "


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])
def test_tools_over_two_turns(ask: Any, model: str, stream: bool) -> None:
    asked = {"model": model, "tools": [TOOL, {"type": "web_search"}]}
    history: list[Any] = [{"role": "user", "content": "Where?"}]
    first: Any
    if stream:
        with ask.responses.stream(**asked, input=history, tool_choice="required") as events:
            first = events.get_final_response()
    else:
        first = ask.responses.create(**asked, input=history, tool_choice="required")
    call = first.output[0]
    assert (call.type, call.name, call.arguments) == ("function_call", "look_up", "{}")
    history += first.output
    history.append({"type": "function_call_output", "call_id": call.call_id, "output": "There."})
    assert ask.responses.create(**asked, input=history).output_text
    assert list(ask.responses.create(**asked, input=history, stream=True))


class Answer(pydantic.BaseModel):
    """What a parsed answer holds."""

    answer: str


def test_what_the_client_parsed_can_be_sent_back(ask: Any, model: str) -> None:
    first = ask.responses.parse(model=model, input="Hello", text_format=Answer)
    assert first.output_parsed == Answer(answer="stub")
    history = [{"role": "user", "content": "Hello"}, *first.output]
    with ask.responses.stream(model=model, input=history, text_format=Answer) as stream:
        last = stream.get_final_response()
    assert last.output_parsed == Answer(answer="stub")
    echoed = [item.to_dict() for item in (*first.output, *last.output)]
    assert ask.responses.create(model=model, input=[*history, *echoed]).output_text


TAKEN: dict[str, dict[str, Any]] = {
    "an agent's": {
        "instructions": "Be brief.",
        "store": False,
        "include": ["reasoning.encrypted_content"],
        "reasoning": {"effort": "medium", "summary": "auto"},
        "parallel_tool_calls": False,
        "prompt_cache_key": "k",
        "text": {"verbosity": "low"},
        "tool_choice": "auto",
        "tools": [TOOL, {"type": "web_search", "external_web_access": False}],
        "client_metadata": {"a": "b"},
    },
    "nothing kept": {
        "previous_response_id": None,
        "background": False,
        "conversation": None,
        "store": True,
    },
    "thinking": {
        "input": [
            {"role": "user", "content": [{"type": "input_text", "text": "Hello"}]},
            {
                "type": "reasoning",
                "id": "rs_1",
                "summary": [],
                "encrypted_content": "x",
                "content": [{"type": "reasoning_text", "text": "Well."}],
                "status": None,
            },
            {"role": "assistant", "content": "Hello.", "phase": "final_answer"},
        ]
    },
    "hosted tools alone": {"tools": [{"type": "web_search"}], "tool_choice": "auto"},
    "sampled": {
        "temperature": 0,
        "top_p": 0.5,
        "max_output_tokens": 5,
        "top_logprobs": 2,
        "truncation": "auto",
        "metadata": {"a": "b"},
        "top_k": 5,
        "stop": ["x"],
    },
    "the gateway's": {
        "stream": True,
        "stream_options": {"include_usage": True, "continuous_usage_stats": True},
    },
}
REFUSED: dict[str, tuple[dict[str, Any], str, str]] = {
    "kept": ({"previous_response_id": "resp_1"}, "previous_response_id", "nothing is kept"),
    "in the background": ({"background": True}, "background", "nothing is kept"),
    "a conversation": ({"conversation": "conv_1"}, "conversation", "nothing is kept"),
    "a template": ({"prompt": {"id": "x"}}, "prompt", "no templates"),
    "unknown": ({"inputs": "x"}, "inputs", "is not a known field"),
    "nothing": ({"input": []}, "input", "must not be empty"),
    "too much": ({"input": "x" * 999_999}, "input", "maximum context length"),
    "too many tokens": ({"max_output_tokens": 10**7}, "max_output_tokens", "must be at most"),
    "no type": ({"input": [{"call_id": "1"}]}, "input.0.type", "is required"),
    "a reference": (
        {"input": [{"type": "item_reference", "id": "msg_1"}]},
        "input.0.id",
        "nothing is kept",
    ),
    "a picture": (
        {
            "input": [
                {
                    "role": "user",
                    "content": [{"type": "input_image", "image_url": "data:image/png;base64,AA=="}],
                }
            ]
        },
        "input.0.content.0.image_url",
        "this chute takes text only",
    ),
    "a remote picture": (
        {
            "input": [
                {
                    "role": "user",
                    "content": [{"type": "input_image", "image_url": "http://169.254.169.254/"}],
                }
            ]
        },
        "input.0.content.0.image_url",
        "must be a data: URL",
    ),
    "no tools": ({"tool_choice": "required", "tools": []}, "tool_choice", "tools are given"),
    "template": ({"priority": 1}, "priority", "alike"),
}


@pytest.mark.parametrize("fields", TAKEN.values(), ids=TAKEN)
def test_what_clients_send_is_taken(client: httpx.Client, fields: dict[str, Any]) -> None:
    answer = client.post(PATH, json={"input": "Hello"} | fields)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])
@pytest.mark.parametrize(("fields", "field", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused_is_told_why(
    client: httpx.Client, fields: dict[str, Any], field: str, message: str, stream: bool
) -> None:
    answer = client.post(PATH, json={"input": "Hello", "stream": stream} | fields)
    assert answer.status_code == 400
    wrong = answer.json()["error"]["fields"]
    assert [one["field"] for one in wrong] == [field]
    assert message in wrong[0]["message"]


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])
def test_what_the_engine_refuses_is_a_bad_request(ask: Any, model: str, stream: bool) -> None:
    with pytest.raises(openai.BadRequestError, match="maximum context length is") as caught:
        ask.responses.create(model=model, input="stub: tokens=10000000", stream=stream)
    assert caught.value.code == "context_length_exceeded"


@pytest.mark.parametrize("behaviour", ["garbage=3", "cut=3", "refuse=3"])
def test_a_stream_that_breaks_ends_with_an_error(ask: Any, model: str, behaviour: str) -> None:
    stream = ask.responses.create(model=model, input=f"stub: tokens=6 {behaviour}", stream=True)
    with pytest.raises(openai.APIError, match="stopped in the middle"):
        list(stream)


def test_a_broken_streams_last_event_is_openais(client: httpx.Client) -> None:
    body = {"input": "stub: tokens=6 cut=3", "stream": True}
    last = client.post(PATH, json=body).text.removesuffix("\n\n").split("\n\n")[-1]
    kind, _, data = last.partition("\n")
    assert kind == "event: error"
    told = pydantic.TypeAdapter(dict[str, Any]).validate_json(data.removeprefix("data: "))
    assert (told["type"], told["code"]) == ("error", "engine_failed")
    assert told["error"]["request_id"]
