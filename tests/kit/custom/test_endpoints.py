"""Endpoints around a model of one's own, for a client of `make dev` and one of the platform."""

import json

import httpx
import pytest
from chutekit.media import samples
from chutekit.testing.fixtures import MARKER
from chutekit.testing.gateway import Gateway
from chutekit.testing.running import RunningChute


def test_json_is_what_pydantic_makes_of_the_answer(client: httpx.Client, gateway: Gateway) -> None:
    body = {"image_b64": samples.PICTURE}
    answer = client.post("/look", json=body).raise_for_status()
    assert answer.json() == {"result": "made-up result"}
    reply = gateway.call("POST", "/look", json.dumps(body).encode())
    assert (reply.media_type, reply.json()) == ("application/json", answer.json())


def test_bytes_come_as_they_are(client: httpx.Client, gateway: Gateway) -> None:
    body = {"text": MARKER}
    assert client.post("/say", json=body).raise_for_status().content == samples.WAV
    reply = gateway.call("POST", "/say", json.dumps(body).encode())
    assert (reply.media_type, reply.content) == ("audio/wav", samples.WAV)


def test_events_come_one_by_one(client: httpx.Client, gateway: Gateway) -> None:
    body = {"text": MARKER}
    answer = client.post("/tell", json=body).raise_for_status()
    assert answer.text == 'data: {"result":"made-up result"}\n\n' * 3
    reply = gateway.call("POST", "/tell", json.dumps(body).encode())
    assert (reply.media_type, reply.content) == ("text/event-stream", answer.content)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("?", "must be a file as base64 text"),
        (samples.SOUND, "must be JPEG, PNG, WEBP, GIF, BMP or TIFF, by its first bytes"),
        ("A" * 20_000_000, None),
    ],
    ids=["no base64", "no picture", "too large"],
)
def test_a_wrong_file_is_a_400_with_the_name_of_its_field(
    client: httpx.Client, given: str, told: str | None
) -> None:
    answer = client.post("/look", json={"image_b64": given})
    assert answer.status_code == 400
    (wrong,) = answer.json()["error"]["fields"]
    assert wrong["field"] == ("image_b64" if told else "body")
    assert told is None or wrong["message"] == told


def test_health_tells_of_no_gpu_where_a_stand_in_answers(client: httpx.Client) -> None:
    assert client.get("/health").json()["gpu"] is None


def test_a_turn_is_noted_in_the_log_and_measured(
    client: httpx.Client, development: RunningChute
) -> None:
    line = development.line(client.post("/say", json={"text": f"{MARKER} not said before"}))
    assert (line["route"], line["status"]) == ("say", 200)
    assert line["turn_seconds"] >= 0
    assert 'model_turn_seconds_count{method="say"}' in client.get("/_metrics").text
