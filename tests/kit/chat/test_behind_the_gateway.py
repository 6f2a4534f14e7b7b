"""The chute as the platform calls it: sealed, by internal paths, wrapped as `{json, params}`."""

import json

import orjson
import pytest
from chutekit.testing.fixtures import MARKER
from chutekit.testing.gateway import Gateway
from chutekit.testing.running import RunningChute
from tests.test_requests import INVALID


def passed_on(body: object) -> bool:
    """Whether the gateway hands such a body to an instance at all."""
    try:
        orjson.dumps(body)
    except TypeError:
        return False
    return isinstance(body, dict) and "stream" not in body and "json" not in body


PASSED_ON = {
    name: wrong
    for name, (wrong, _) in INVALID.items()
    if passed_on(wrong) and name != "stream options alone"
}


def body(text: str = "Hello", **fields: object) -> bytes:
    """What the gateway passes on: it sets `model` and asks for usage in streams."""
    return json.dumps(
        {"model": "my", "messages": [{"role": "user", "content": f"{text} {MARKER}"}]} | fields
    ).encode()


@pytest.fixture
def model(gateway: Gateway) -> str:
    return gateway.chute.name


def test_plain(gateway: Gateway, model: str) -> None:
    reply = gateway.call("POST", "/v1/chat/completions", body(model=model))
    assert reply.status == 200
    # The gateway refuses answers under another name, and bills by these counts.
    assert reply.json()["model"] == model
    assert reply.json()["usage"]["completion_tokens"] == 8


def test_streamed(gateway: Gateway, model: str) -> None:
    options = {"include_usage": True, "continuous_usage_stats": True}
    reply = gateway.call(
        "POST",
        "/v1/chat/completions",
        body("stub: tokens=3", model=model, stream=True, stream_options=options),
    )
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
def test_what_the_engine_refuses(gateway: Gateway, model: str, stream: bool) -> None:
    reply = gateway.call(
        "POST", "/v1/chat/completions", body("stub: status=400", model=model, stream=stream)
    )
    assert reply.status == 400


def test_models_and_health(gateway: Gateway, model: str) -> None:
    models = gateway.call("GET", "/v1/models").json()
    assert [entry["id"] for entry in models["data"]] == [model]
    assert gateway.call("GET", "/health").json()["status"] == "ready"


def test_no_prompt_and_no_trace_in_the_log(gateway: Gateway, production: RunningChute) -> None:
    gateway.call("POST", "/v1/chat/completions", body("stub: error=1", model=gateway.chute.name))
    log = production.log.read_text()
    assert MARKER not in log
    assert "Traceback" not in log
