"""The chute lives and ends with its engine, and leaves nothing behind."""

import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.conftest import MARKER
from tests.running import DEVELOPMENT, RunningChute


def engines(chute: RunningChute) -> list[int]:
    """The processes of the chute's engine: its children and theirs."""
    found = [chute.process.pid]
    for pid in found:
        for task in Path(f"/proc/{pid}/task").glob("*/children"):
            found += map(int, task.read_text().split())
    return found[1:]


def command(pid: int) -> bytes:
    words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    return b" ".join(words[:3])


def gone(pids: list[int], within: float = 8.0) -> bool:
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if not any(alive(pid) for pid in pids):
            return True
        time.sleep(0.05)
    return False


def alive(pid: int) -> bool:
    try:
        return " Z " not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False


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
    """One of its own, with an engine that has a child as real ones do."""
    with RunningChute(DEVELOPMENT, tmp_path / "log", CHUTE_STUB="child=1") as chute:
        yield chute


def test_an_engine_that_cannot_start_ends_the_chute(tmp_path: Path) -> None:
    chute = RunningChute(DEVELOPMENT, tmp_path / "log", CHUTE_STUB="exit=3")
    chute.start()
    try:
        assert chute.process.wait(20) == 1
        assert "exited with code 3" in chute.events("startup_failed")[0]["reason"]
        assert "stub: cannot start" in chute.events("engine_output")[0]["lines"]
    finally:
        chute.kill()


def test_sigterm_while_the_engine_starts(tmp_path: Path) -> None:
    chute = RunningChute(DEVELOPMENT, tmp_path / "log", CHUTE_STUB="never=1 child=1")
    chute.start()
    try:
        deadline = time.monotonic() + 20
        while len(children := engines(chute)) < 2 and time.monotonic() < deadline:
            time.sleep(0.05)
        chute.terminate()
        assert chute.process.wait(10) == 0
        assert len(children) >= 2
        assert gone(children)
    finally:
        chute.kill()


def test_a_dying_engine_takes_the_chute_along(chute: RunningChute) -> None:
    children = engines(chute)
    with streaming(chute, "tokens=9 die=2") as events:
        last = json.loads(list(events)[-1])
    assert last["error"]["code"] == "engine_failed"
    with chute.client() as client:
        chute.wait_for("instance_failed")
        assert client.get("/health").status_code == 503
        answer = client.post("/v1/completions", json={"prompt": "Hello"})
        assert answer.status_code == 503
        assert "engine exited with code 7" in answer.json()["error"]["message"]
    assert chute.process.wait(12) == 1
    assert gone(children)
    assert MARKER not in chute.log.read_text()


def test_an_idle_engine_that_is_killed(chute: RunningChute) -> None:
    children = engines(chute)
    server = next(pid for pid in children if b"openai_server" in command(pid))
    os.kill(server, signal.SIGKILL)
    assert "code 137" in chute.wait_for("instance_failed", 2)["reason"]
    assert chute.process.wait(12) == 1
    assert gone(children)


def test_sigterm_lets_streams_finish(chute: RunningChute) -> None:
    children = engines(chute)
    with streaming(chute, "tokens=20 delay=0.05") as events:
        next(events)
        chute.terminate()
        assert list(events)[-1] == "[DONE]"
    assert chute.process.wait(10) == 0
    assert gone(children)


def test_sigkill_leaves_no_engine(chute: RunningChute) -> None:
    children = engines(chute)
    os.kill(chute.process.pid, signal.SIGKILL)
    assert len(children) >= 3
    assert gone(children)


def test_abandoned_streams_free_everything(chute: RunningChute) -> None:
    def sockets() -> int:
        return len(list(Path(f"/proc/{chute.process.pid}/fd").iterdir()))

    def threads() -> int:
        return len(list(Path(f"/proc/{chute.process.pid}/task").iterdir()))

    with streaming(chute, "tokens=3") as events:
        list(events)
    before = sockets(), threads()
    for number in range(40):
        with streaming(chute, f"tokens=8000 delay=0.005 think={number % 2 * 0.05}") as events:
            if number % 4:
                next(events)
    with httpx.Client(base_url=chute.url) as client:
        for _ in range(20):
            with pytest.raises(httpx.ReadTimeout):
                body = {"messages": [{"role": "user", "content": "stub: think=60"}], "stream": True}
                client.post("/v1/chat/completions", json=body, timeout=0.02)
        deadline = time.monotonic() + 10
        while client.get("/health").json()["in_flight"] and time.monotonic() < deadline:
            time.sleep(0.1)
        assert client.get("/health").json()["in_flight"] == 0
        while running(client) and time.monotonic() < deadline:
            time.sleep(0.2)
        assert running(client) == 0
    assert sockets() <= before[0] + 5
    assert threads() <= before[1] + 5


def running(client: httpx.Client) -> float:
    """How many requests the engine has, by its own count."""
    metrics = client.get("/_metrics").text
    (line,) = (line for line in metrics.splitlines() if line.startswith("llm_running_requests "))
    return float(line.split()[1])
