"""Requests that end before their time: the client leaves, the instance stops, time runs out."""

import threading
import time
from pathlib import Path

import httpx
import pytest

from tests.conftest import MARKER
from tests.running import DEVELOPMENT, RunningChute

SLOW = {"prompt": MARKER, "steps": 8}


def test_a_client_that_left_frees_the_instance_at_the_next_step(tmp_path: Path) -> None:
    with RunningChute(DEVELOPMENT, tmp_path / "log", STUB_STEP_SECONDS="0.3") as chute:
        with chute.client() as client, pytest.raises(httpx.ReadTimeout):
            client.post("/generate", json=SLOW, timeout=0.4)
        started = time.monotonic()
        with chute.client() as client:
            answer = client.post("/generate", json={**SLOW, "steps": 1})
        assert answer.status_code == 200
        assert time.monotonic() - started < 1.5, "8 steps would have taken 2.4 s"


def test_sigterm_lets_the_running_request_finish_and_takes_no_more(tmp_path: Path) -> None:
    answers: list[httpx.Response] = []
    with RunningChute(DEVELOPMENT, tmp_path / "log", STUB_STEP_SECONDS="0.2") as chute:

        def ask() -> None:
            with chute.client() as client:
                answers.append(client.post("/generate", json=SLOW))

        asking = threading.Thread(target=ask)
        asking.start()
        time.sleep(0.5)
        chute.terminate()
        chute.wait_for("stopping")
        with chute.client() as client:
            refused = client.post("/generate", json=SLOW)
            unwell = client.get("/health")
        asking.join()
        assert chute.process.wait(5) == 0
    assert refused.status_code == 429
    assert unwell.status_code == 503
    assert answers[0].status_code == 200
