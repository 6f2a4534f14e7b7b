"""What is no valid request is a 400 that names the field, before the engine hears of it."""

import json

import httpx
import pytest
from chute import staging
from chutekit.testing.fixtures import MARKER
from chutekit.testing.running import RunningChute
from tests.echoed import ECHOED

HELLO = [{"role": "user", "content": f"Hello {MARKER}"}]
DEEP: object = "x"
for _ in range(100):
    DEEP = {"x": DEEP}


def chat(**fields: object) -> dict[str, object]:
    return {"messages": HELLO} | fields


def message(**fields: object) -> dict[str, object]:
    return {"messages": [fields]}


def content(part: dict[str, object]) -> dict[str, object]:
    return message(role="user", content=[part])


VALID = {
    "the least": chat(),
    **ECHOED,
    "no tools": chat(tools=[]),
    "many stops": chat(stop=["x"] * 5),
    "hot": chat(temperature=2.5),
    "wrapped by the platform": {"json": chat(), "params": {}},
    "nothing set": chat(temperature=None, stop=None, stream=None, tools=None, seed=None),
    "everything": chat(
        temperature=0.5,
        top_p=0.9,
        n=2,
        seed=7,
        stop=["a", "b"],
        presence_penalty=1,
        frequency_penalty=-1,
        logit_bias={"5": 1},
        logprobs=True,
        top_logprobs=3,
        max_tokens=5,
        user="u",
        metadata={"a": "b"},
        parallel_tool_calls=False,
        response_format={"type": "text"},
    ),
    "the engine's own": chat(top_k=5, min_p=0.1, repetition_penalty=1.1, ignore_eos=True),
    "template": chat(chat_template_kwargs={"enable_thinking": False}),
    "parts": content({"type": "text", "text": "Hello"}),
    "emoji": message(role="user", content="\U0001f600"),
}

NAMES = {
    "/v1/chat/completions": ({"messages": HELLO}, "chat"),
    "/v1/completions": ({"prompt": MARKER}, "completion"),
}
INVALID = {
    "empty": ({}, "messages"),
    "list": ([], "body"),
    "null": (None, "body"),
    "number": (0, "body"),
    "false": (False, "body"),
    "text": ("hello", "body"),
    "unknown field": (chat(temprature=1), "temprature"),
    "dangerous field": (chat(chat_template="{{ 1 }}"), "chat_template"),
    "another model": (chat(model="gpt-4o"), "model"),
    "no messages": (chat(messages=[]), "messages"),
    "too many messages": (chat(messages=HELLO * 600), "messages"),
    "too much text": (message(role="user", content="x" * 999_999), "messages"),
    "no role": (message(content="x"), "messages.0.role"),
    "wrong role": (message(role="robot", content="x"), "messages.0.role"),
    "null content": (message(role="user", content=None), "messages.0.content"),
    "number as content": (message(role="user", content=5), "messages.0.content"),
    "no content": (message(role="user"), "messages.0.content"),
    "half a surrogate pair": (message(role="user", content="\ud800"), "body"),
    "unknown part": (content({"type": "hologram"}), "messages.0.content.0.type"),
    "no text": (content({"type": "text"}), "messages.0.content.0.text"),
    "no address": (
        content({"type": "image_url", "image_url": {}}),
        "messages.0.content.0.image_url.url",
    ),
    "call without arguments": (
        message(role="assistant", tool_calls=[{"id": "1", "function": {"name": "f"}}]),
        "messages.0.tool_calls.0.function.arguments",
    ),
    "picture": (
        content({"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}),
        "messages.0.content.0.image_url.url",
    ),
    "sound": (content({"type": "input_audio", "input_audio": {}}), "messages.0.content.0.type"),
    "film": (content({"type": "video_url", "video_url": {}}), "messages.0.content.0.type"),
    "remote picture": (
        content({"type": "image_url", "image_url": {"url": "http://169.254.169.254/"}}),
        "messages.0.content.0.image_url.url",
    ),
    "hot": (chat(temperature=10.1), "temperature"),
    "temperature as text": (chat(temperature="1"), "temperature"),
    "truth as temperature": (chat(temperature=True), "temperature"),
    "top_p": (chat(top_p=0), "top_p"),
    "penalty": (chat(presence_penalty=3), "presence_penalty"),
    "n": (chat(n=1000), "n"),
    "max_tokens": (chat(max_tokens=0), "max_tokens"),
    "endless": (chat(max_tokens=10**9), "max_tokens"),
    "fraction of a token": (chat(max_tokens=1.5), "max_tokens"),
    "huge number": (chat(seed=10**400), "body"),
    "stop": (chat(stop=["x"] * 65), "stop"),
    "a number among stops": (chat(stop=["x", 1]), "stop.1"),
    "empty stop": (chat(stop=""), "stop"),
    "top_logprobs alone": (chat(top_logprobs=3), "top_logprobs"),
    "stream as text": (chat(stream="yes"), "stream"),
    "stream options alone": (chat(stream_options={"include_usage": True}), "stream_options"),
    "tool choice alone": (chat(tool_choice="required"), "tool_choice"),
    "tool choice of no tools": (chat(tools=[], tool_choice="auto"), "tool_choice"),
    "tool": (
        chat(tools=[{"type": "function", "function": {"name": "a b"}}]),
        "tools.0.function.name",
    ),
    "format": (chat(response_format={"type": "xml"}), "response_format.type"),
    "audio": (chat(modalities=["audio"]), "modalities.0"),
    "deep": (chat(metadata=DEEP), "metadata"),
    "wrapped": ({"json": {}, "params": {}}, "messages"),
}


def post(client: httpx.Client, body: object) -> httpx.Response:
    headers = {"Content-Type": "application/json"}
    return client.post("/v1/chat/completions", content=json.dumps(body), headers=headers)


@pytest.mark.parametrize("body", VALID.values(), ids=VALID)
def test_valid(client: httpx.Client, body: object) -> None:
    answer = post(client, body)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(("body", "field"), INVALID.values(), ids=INVALID)
def test_invalid(client: httpx.Client, body: object, field: str) -> None:
    answer = post(client, body)
    assert answer.status_code == 400, answer.text
    error = answer.json()["error"]
    assert error["type"] == "invalid_request_error"
    assert error["message"]
    assert [wrong["field"] for wrong in error["fields"]] == [field], error


@pytest.mark.parametrize(
    "raw",
    [b"", b"{", b"hello", b"\xff", b'{"messages": NaN}', b"[" * 5000, b'{"temperature": 1e999}'],
    ids=["nothing", "cut", "text", "bytes", "nan", "deep", "infinite"],
)
def test_no_json(client: httpx.Client, raw: bytes) -> None:
    answer = client.post("/v1/chat/completions", content=raw)
    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"


def test_oversize(client: httpx.Client) -> None:
    answer = post(client, message(role="user", content="x" * 20_000_000))
    assert answer.status_code == 400
    assert "bytes" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"prompt": "Hello"}, 200),
        ({"prompt": [1, 2, 3]}, 200),
        ({"prompt": ["x", "y"]}, 200),
        ({"prompt": [[1, 2], [3]], "n": 2}, 200),
        ({"prompt": ["x"] * 33}, 400),
        ({"prompt": ["x"] * 17, "n": 2}, 400),
        ({"prompt": []}, 400),
        ({"prompt": [[]]}, 400),
        ({"prompt": ["x", 1]}, 400),
        ({"prompt": [-1]}, 400),
        ({"prompt": ""}, 400),
        ({"prompt": None}, 400),
        ({"prompt": "x", "suffix": "y"}, 400),
        ({"prompt": "x", "logprobs": 20}, 200),
        ({"prompt": "x", "logprobs": 21}, 400),
        ({"prompt": "x", "logprobs": 2, "top_logprobs": 1}, 200),
        ({"prompt": "x", "logprobs": 2, "top_logprobs": 2}, 400),
        ({"prompt": "x", "top_logprobs": 1}, 400),
        ({"prompt": "x", "best_of": 5}, 400),
        ({"messages": HELLO}, 400),
    ],
)
def test_completions(client: httpx.Client, body: object, status: int) -> None:
    assert client.post("/v1/completions", json=body).status_code == status


@pytest.mark.parametrize(("path", "body", "name"), [(p, *rest) for p, rest in NAMES.items()])
def test_the_log_names_the_cord_that_answered(
    client: httpx.Client, development: RunningChute, path: str, body: dict[str, object], name: str
) -> None:
    plain = client.post(path, json=body)
    assert development.line(plain)["route"] == name
    streamed = client.post(path, json=body | {"stream": True})
    assert development.line(streamed)["route"] == f"{name}_stream"
    assert development.line(client.post(path, json={}))["route"] == name


def test_another_model_is_told_both_names(client: httpx.Client) -> None:
    answer = client.post("/v1/chat/completions", json=chat(model="gpt-4o"))
    (wrong,) = answer.json()["error"]["fields"]
    assert wrong["message"] == f"must be {staging.name} or {staging.model}"
    for model in (staging.name, staging.model):
        client.post("/v1/chat/completions", json=chat(model=model)).raise_for_status()
