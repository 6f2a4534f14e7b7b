"""Requests that meet a busy instance or end before their time, on one slow chute.

In this order, because the last test ends it.
"""

import threading
import time
from collections.abc import Iterator

import httpx
import pytest
from chutekit.testing.fixtures import MARKER, assert_discreet
from chutekit.testing.running import DEVELOPMENT, RunningChute

STEP_SECONDS = 0.2
STEPS = 8
SLOW = {"prompt": MARKER, "steps": STEPS}


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningChute]:
    """A chute whose pipeline takes its time."""
    log = tmp_path_factory.mktemp("slow") / "log"
    with RunningChute(DEVELOPMENT, log, STUB_STEP_SECONDS=str(STEP_SECONDS)) as chute:
        yield chute
    assert_discreet(chute)


class Asking(threading.Thread):
    """A client that waits for one slow picture."""

    def __init__(self, chute: RunningChute) -> None:
        super().__init__()
        self._chute = chute
        self.start()
        deadline = time.monotonic() + 10
        with chute.client() as client:
            while not client.get("/health").json()["in_flight"]:
                assert time.monotonic() < deadline
                time.sleep(0.02)

    def run(self) -> None:
        with self._chute.client() as client:
            self.answer = client.post("/generate", json=SLOW)


def test_a_busy_instance_says_so_at_once_and_stays_healthy(slow: RunningChute) -> None:
    asking = Asking(slow)
    with slow.client() as client:
        started = time.monotonic()
        refused = client.post("/generate", json=SLOW)
        assert time.monotonic() - started < STEPS * STEP_SECONDS / 2
        assert client.get("/health").status_code == 200
    asking.join()
    assert refused.status_code == 429
    assert refused.headers["retry-after"]
    assert refused.json()["error"]["code"] == "busy"
    assert asking.answer.status_code == 200


def test_a_client_that_left_frees_the_instance_at_the_next_step(slow: RunningChute) -> None:
    with slow.client() as client, pytest.raises(httpx.ReadTimeout):
        client.post("/generate", json=SLOW, timeout=STEP_SECONDS)
    started = time.monotonic()
    with slow.client() as client:
        while client.post("/generate", json={**SLOW, "steps": 1}).status_code == 429:
            assert time.monotonic() - started < STEPS * STEP_SECONDS
            time.sleep(0.02)
    assert time.monotonic() - started < STEPS * STEP_SECONDS


def test_sigterm_lets_the_running_request_finish_and_takes_no_more(slow: RunningChute) -> None:
    asking = Asking(slow)
    slow.terminate()
    slow.wait_for("stopping")
    with slow.client() as client:
        refused = client.post("/generate", json=SLOW)
        unwell = client.get("/health")
    asking.join()
    assert slow.process.wait(5) == 0
    assert refused.status_code == 429
    assert unwell.status_code == 503
    assert asking.answer.status_code == 200
