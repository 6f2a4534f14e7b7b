"""The chute as the platform calls it: sealed, by internal paths, wrapped as `{json, params}`."""

import json

import orjson
import pytest
from chutekit.testing.fixtures import MARKER
from chutekit.testing.gateway import FULL, Gateway
from chutekit.testing.running import RunningChute
from tests.test_requests import INVALID


def passed_on(body: object) -> bool:
    """Whether the gateway hands such a body to an instance at all."""
    try:
        orjson.dumps(body)
    except TypeError:
        return False
    return isinstance(body, dict) and "json" not in body


PASSED_ON = {name: wrong for name, (wrong, _) in INVALID.items() if passed_on(wrong)}


def body(text: str = "Hello", **fields: object) -> bytes:
    return json.dumps({"input": f"{text} {MARKER}"} | fields).encode()


def test_embeddings(gateway: Gateway) -> None:
    reply = gateway.call("POST", "/v1/embeddings", body())
    assert reply.status == 200
    assert reply.json()["model"] == gateway.chute.name
    assert reply.json()["data"][0]["embedding"]


@pytest.mark.parametrize("wrong", PASSED_ON.values(), ids=PASSED_ON)
def test_no_mistake_of_a_client_counts_against_the_instance(
    gateway: Gateway, wrong: dict[str, object]
) -> None:
    assert gateway.call("POST", "/v1/embeddings", json.dumps(wrong).encode()).status == 400


def test_what_the_engine_refuses(gateway: Gateway) -> None:
    reply = gateway.call("POST", "/v1/embeddings", body("stub: status=400"))
    assert reply.status == 400
    assert reply.error["message"] == "As requested."


def test_no_room_is_told_in_the_platforms_words(gateway: Gateway) -> None:
    reply = gateway.call("POST", "/v1/embeddings", body("stub: status=429"))
    assert (reply.status, reply.json()) == (429, {"detail": FULL})


def test_what_is_wrong_is_named_inside_of_the_platforms_text(gateway: Gateway) -> None:
    reply = gateway.call("POST", "/v1/embeddings", body(encoding_format="hex"))
    assert reply.error["param"] == "encoding_format"
    start = 'Invalid request: Invalid request: {"error":{"message":"encoding_format: '
    assert reply.json()["detail"].startswith(start)


@pytest.mark.parametrize("path", ["/v1/embeddings/", "/embeddings"])
def test_only_the_exact_path_is_served(gateway: Gateway, path: str) -> None:
    assert gateway.call("POST", path, body()).status == 404


def test_models_and_health(gateway: Gateway) -> None:
    models = gateway.call("GET", "/v1/models").json()
    assert [entry["id"] for entry in models["data"]] == [gateway.chute.name]
    assert gateway.call("GET", "/health").json()["status"] == "ready"


def test_no_text_and_no_trace_in_the_log(gateway: Gateway, production: RunningChute) -> None:
    gateway.call("POST", "/v1/embeddings", body("stub: error=1"))
    log = production.log.read_text()
    assert MARKER not in log
    assert "Traceback" not in log
