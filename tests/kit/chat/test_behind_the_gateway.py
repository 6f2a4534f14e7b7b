"""The chute as the platform calls it: sealed, by internal paths, wrapped as `{json, params}`."""

import json
from collections.abc import Iterator

import httpx
import openai
import orjson
import pytest
from chute import CompletionRequest
from chutekit.testing.fixtures import MARKER
from chutekit.testing.gateway import FULL, Gateway
from chutekit.testing.running import RunningChute
from tests.test_requests import HELLO, INVALID


def passed_on(body: object) -> bool:
    """Whether the gateway hands such a body to an instance at all."""
    try:
        orjson.dumps(body)
    except TypeError:
        return False
    return isinstance(body, dict) and "stream" not in body and "json" not in body


# What the gateway's own changes make right.
MENDED = {"another model", "stream options alone"}
PASSED_ON = {
    name: wrong for name, (wrong, _) in INVALID.items() if passed_on(wrong) and name not in MENDED
}


def body(text: str = "Hello", **fields: object) -> bytes:
    return json.dumps(
        {"model": "my", "messages": [{"role": "user", "content": f"{text} {MARKER}"}]} | fields
    ).encode()


@pytest.fixture
def model(gateway: Gateway) -> str:
    return gateway.chute.name


def test_plain(gateway: Gateway, model: str) -> None:
    reply = gateway.call("POST", "/v1/chat/completions", body())
    assert reply.status == 200
    # The gateway refuses answers under another name, and bills by these counts.
    assert reply.json()["model"] == model
    assert reply.json()["usage"]["completion_tokens"] == 8


def test_streamed(gateway: Gateway) -> None:
    reply = gateway.call("POST", "/v1/chat/completions", body("stub: tokens=3", stream=True))
    assert reply.status == 200
    events = reply.content.decode().split("\n\n")
    assert events[-2:] == ["data: [DONE]", ""]
    assert json.loads(events[-3].removeprefix("data: "))["usage"]["completion_tokens"] == 3


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])
@pytest.mark.parametrize("wrong", PASSED_ON.values(), ids=PASSED_ON)
def test_no_mistake_of_a_client_counts_against_the_instance(
    gateway: Gateway, wrong: dict[str, object], stream: bool
) -> None:
    content = json.dumps(wrong | {"stream": stream}).encode()
    assert gateway.call("POST", "/v1/chat/completions", content).status == 400


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])
def test_what_the_engine_refuses(gateway: Gateway, stream: bool) -> None:
    reply = gateway.call("POST", "/v1/chat/completions", body("stub: status=400", stream=stream))
    assert reply.status == 400
    assert reply.error["message"] == "As requested."


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])
def test_no_room_is_told_in_the_platforms_words(gateway: Gateway, stream: bool) -> None:
    reply = gateway.call("POST", "/v1/chat/completions", body("stub: status=429", stream=stream))
    assert (reply.status, reply.json()) == (429, {"detail": FULL})


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])
@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("/v1/chat/completions", {"logprobs": True}),
        ("/v1/chat/completions", {"logprobs": True, "top_logprobs": 0}),
        ("/v1/chat/completions", {"logprobs": True, "top_logprobs": 5}),
        ("/v1/completions", {"logprobs": 1}),
        ("/v1/completions", {"logprobs": 5}),
        ("/v1/completions", {"logprobs": 0}),
    ],
    ids=str,
)
def test_logprobs_on_every_endpoint(
    gateway: Gateway, path: str, asked: dict[str, object], stream: bool
) -> None:
    hello = {"messages": HELLO} if "chat" in path else {"prompt": "Hello"}
    content = json.dumps(hello | asked | {"stream": stream}).encode()
    reply = gateway.call("POST", path, content)
    assert reply.status == 200, reply.content


def test_the_added_top_logprobs_stop_here() -> None:
    request = CompletionRequest(prompt="Hello", logprobs=3, top_logprobs=1)
    assert request.upstream("my") == {"model": "my", "prompt": "Hello", "logprobs": 3}


@pytest.mark.parametrize(
    ("arguments", "status"), [('{"a": 1}', 200), ("", 200), ("{a: 1}", 400)], ids=repr
)
def test_arguments_of_earlier_calls(gateway: Gateway, arguments: str, status: int) -> None:
    call = {"id": "1", "type": "function", "function": {"name": "f", "arguments": arguments}}
    history = [
        *HELLO,
        {"role": "assistant", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "1", "content": "found"},
    ]
    content = json.dumps({"messages": history}).encode()
    assert gateway.call("POST", "/v1/chat/completions", content).status == status


@pytest.mark.parametrize(
    ("path", "stream"),
    [
        ("/v1/chat/completions/", False),
        ("/chat/completions", False),
        ("/v1/chat/completions", None),
        ("/v1/chat/completions", "true"),
    ],
)
def test_what_has_no_cord(gateway: Gateway, path: str, stream: object) -> None:
    reply = gateway.call("POST", path, body(stream=stream))
    assert (reply.status, reply.json()) == (404, {"detail": "No matching cord found!"})


def test_a_list_never_arrives(gateway: Gateway) -> None:
    assert gateway.call("POST", "/v1/chat/completions", b"[" + body() + b"]").status == 500


@pytest.fixture
def ask(gateway: Gateway) -> Iterator[openai.OpenAI]:
    """The official client, before the platform."""

    def send(request: httpx.Request) -> httpx.Response:
        reply = gateway.call(request.method, request.url.path, request.content)
        headers = {"content-type": reply.media_type}
        return httpx.Response(reply.status, headers=headers, content=reply.content)

    transport = httpx.Client(transport=httpx.MockTransport(send))
    with openai.OpenAI(
        base_url="http://chute/v1", api_key="none", max_retries=0, http_client=transport
    ) as client:
        yield client


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])
def test_what_an_openai_client_sees_of_a_mistake(ask: openai.OpenAI, stream: bool) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        ask.chat.completions.create(model="my", messages=HELLO, n=100, stream=stream)
    error = caught.value
    assert error.param is None
    detail = error.body["detail"]
    told = json.loads(detail[detail.index("{") :])["error"]
    assert [wrong["field"] for wrong in told["fields"]] == ["n"]
    assert detail.startswith('Invalid request: Invalid request: {"error":{"message":"n: ')


def test_what_an_openai_client_sees_of_no_room(ask: openai.OpenAI) -> None:
    with pytest.raises(openai.RateLimitError) as caught:
        ask.completions.create(model="my", prompt="stub: status=429")
    assert caught.value.body == {"detail": FULL}


def test_models_and_health(gateway: Gateway, model: str) -> None:
    models = gateway.call("GET", "/v1/models").json()
    assert [entry["id"] for entry in models["data"]] == [model]
    assert gateway.call("GET", "/health").json()["status"] == "ready"


def test_no_prompt_and_no_trace_in_the_log(gateway: Gateway, production: RunningChute) -> None:
    gateway.call("POST", "/v1/chat/completions", body("stub: error=1"))
    log = production.log.read_text()
    assert MARKER not in log
    assert "Traceback" not in log


NEWER: dict[str, tuple[dict[str, object], bytes]] = {
    "/v1/responses": ({"input": HELLO}, b"event: response.completed\n"),
    "/v1/messages": ({"messages": HELLO, "max_tokens": 9}, b"event: message_stop\n"),
}


@pytest.mark.parametrize("path", NEWER)
def test_newer_streams_arrive_whole(gateway: Gateway, path: str) -> None:
    asked, last = NEWER[path]
    reply = gateway.call("POST", path, json.dumps(asked | {"stream": True}).encode())
    assert reply.status == 200
    assert reply.content.split(b"\n\n")[-2].startswith(last)
    plain = gateway.call("POST", path, json.dumps(asked | {"model": "my"}).encode())
    assert plain.json()["model"] == gateway.chute.name


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])
@pytest.mark.parametrize("path", NEWER)
def test_newer_mistakes_are_told(gateway: Gateway, path: str, stream: bool) -> None:
    asked = NEWER[path][0] | {"stream": stream, "no_such_field": 1}
    reply = gateway.call("POST", path, json.dumps(asked).encode())
    assert reply.status == 400
    assert [wrong["field"] for wrong in reply.error["fields"]] == ["no_such_field"]


def test_tokens_are_counted(gateway: Gateway) -> None:
    asked = json.dumps({"model": "my", "messages": HELLO}).encode()
    assert gateway.call("POST", "/v1/messages/count_tokens", asked).json()["input_tokens"] == 2
    assert gateway.call("POST", "/tokenize", asked).json()["count"] == 2
    told = gateway.call("POST", "/detokenize", b'{"tokens": [1]}').json()
    assert told == {"prompt": "word1"}


@pytest.mark.parametrize("path", NEWER)
def test_newer_streams_that_break_say_so(gateway: Gateway, path: str) -> None:
    asked = json.dumps(NEWER[path][0] | {"stream": True}).replace("Hello", "stub: cut=2")
    reply = gateway.call("POST", path, asked.encode())
    last = reply.content.removesuffix(b"\n\n").split(b"\n\n")[-1]
    assert last.startswith(b"event: error\n")
