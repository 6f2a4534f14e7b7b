"""Streams end with their engine, outlive a SIGTERM, and leave nothing behind."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from chutekit.testing.fixtures import MARKER
from chutekit.testing.gateway import Gateway
from chutekit.testing.running import DEVELOPMENT, PRODUCTION, RunningChute
from chutes.chute import Chute

from tests.engines import assert_free, engines, gone, held


@contextmanager
def streaming(chute: RunningChute, behaviour: str) -> Iterator[Iterator[str]]:
    body = {
        "messages": [{"role": "user", "content": f"stub: {behaviour} {MARKER}"}],
        "stream": True,
    }
    with (
        chute.client() as client,
        client.stream("POST", "/v1/chat/completions", json=body) as answer,
    ):
        assert answer.status_code == 200
        yield (line.removeprefix("data: ") for line in answer.iter_lines() if line)


@pytest.fixture
def chute(tmp_path: Path) -> Iterator[RunningChute]:
    """One of its own."""
    with RunningChute(DEVELOPMENT, tmp_path / "log") as chute:
        yield chute


def test_a_stream_says_that_its_engine_died(chute: RunningChute) -> None:
    with streaming(chute, "tokens=9 die=2") as events:
        last = json.loads(list(events)[-1])
    assert last["error"]["code"] == "engine_failed"
    assert chute.process.wait(12) == 1
    assert MARKER not in chute.log.read_text()


@pytest.mark.parametrize("behaviour", ["tokens=3 hang=2", "tokens=900 delay=0.02"])
def test_a_stream_ends_in_time_and_says_so(declared: Chute, tmp_path: Path, behaviour: str) -> None:
    body = {"messages": [{"role": "user", "content": f"stub: {behaviour}"}], "stream": True}
    limits = {"SIMULATE_STUB_ALLOWED": "1", "SIMULATE_REQUEST_SECONDS": "1"}
    with RunningChute(PRODUCTION, tmp_path / "log", **limits) as chute:
        gateway = Gateway(declared, chute.url)
        reply = gateway.call("POST", "/v1/chat/completions", json.dumps(body).encode())
        assert reply.status == 200
        events = reply.content.decode().removesuffix("\n\n").split("\n\n")
        assert json.loads(events[0].removeprefix("data: "))["choices"]
        last = json.loads(events[-1].removeprefix("data: "))
        assert last["error"]["code"] == "timeout"
        assert gateway.call("GET", "/health").json()["in_flight"] == 0
        assert gateway.failures == []


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("/v1/responses", {"input": "stub: tokens=3 hang=2"}),
        (
            "/v1/messages",
            {"messages": [{"role": "user", "content": "stub: tokens=3 hang=2"}], "max_tokens": 9},
        ),
    ],
)
def test_newer_streams_end_in_time_and_say_so(
    declared: Chute, tmp_path: Path, path: str, asked: dict[str, object]
) -> None:
    limits = {"SIMULATE_STUB_ALLOWED": "1", "SIMULATE_REQUEST_SECONDS": "1"}
    with RunningChute(PRODUCTION, tmp_path / "log", **limits) as chute:
        gateway = Gateway(declared, chute.url)
        reply = gateway.call("POST", path, json.dumps(asked | {"stream": True}).encode())
        assert reply.status == 200
        kind, _, data = (
            reply.content.decode().removesuffix("\n\n").split("\n\n")[-1].partition("\n")
        )
        assert kind == "event: error"
        assert json.loads(data.removeprefix("data: "))["error"]["code"] == "timeout"
        assert gateway.call("GET", "/health").json()["in_flight"] == 0
        assert gateway.failures == []


def test_sigterm_lets_streams_finish(chute: RunningChute) -> None:
    children = engines(chute)
    with streaming(chute, "tokens=20 delay=0.05") as events:
        next(events)
        chute.terminate()
        assert list(events)[-1] == "[DONE]"
    assert chute.process.wait(10) == 0
    assert gone(children)


def test_abandoned_streams_free_everything(chute: RunningChute) -> None:
    with streaming(chute, "tokens=3") as events:
        list(events)
    before = held(chute)
    for number in range(40):
        with streaming(chute, f"tokens=8000 delay=0.005 think={number % 2 * 0.05}") as events:
            if number % 4:
                next(events)
    with httpx.Client(base_url=chute.url) as client:
        for _ in range(20):
            with pytest.raises(httpx.ReadTimeout):
                body = {"messages": [{"role": "user", "content": "stub: think=60"}], "stream": True}
                client.post("/v1/chat/completions", json=body, timeout=0.02)
        for path, fields in (
            ("responses", {"input": "stub: tokens=8000 delay=0.005"}),
            ("messages", body | {"max_tokens": 8000}),
        ):
            asked = fields | {"stream": True}
            with client.stream("POST", f"/v1/{path}", json=asked) as answer:
                assert next(answer.iter_lines())
        assert_free(client)
    assert held(chute)[0] <= before[0] + 5
    assert held(chute)[1] <= before[1] + 5
