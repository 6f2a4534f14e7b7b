"""The chute lives and ends with its engine, and leaves nothing behind."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from chutekit.testing.fixtures import MARKER
from chutekit.testing.running import DEVELOPMENT, RunningChute
from tests.bodies import DYING, HELLO, PATH

from tests.engines import command, engines, gone


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
    with chute.client() as client:
        assert client.post(PATH, json=DYING).status_code == 503
        assert chute.wait_for("request")["cause"] == "ServerDisconnectedError"
        chute.wait_for("instance_failed")
        assert client.get("/health").status_code == 503
        answer = client.post(PATH, json=HELLO)
        assert answer.status_code == 503
        assert "engine exited with code 7" in answer.json()["error"]["message"]
    assert chute.process.wait(12) == 1
    assert gone(children)
    assert MARKER not in chute.log.read_text()


def test_an_idle_engine_that_is_killed(chute: RunningChute) -> None:
    children = engines(chute)
    server = next(pid for pid in children if b"chutekit.testing.standins" in command(pid))
    os.kill(server, signal.SIGKILL)
    assert "code 137" in chute.wait_for("instance_failed", 2)["reason"]
    assert chute.process.wait(12) == 1
    assert gone(children)


def test_sigkill_leaves_no_engine(chute: RunningChute) -> None:
    children = engines(chute)
    os.kill(chute.process.pid, signal.SIGKILL)
    assert len(children) >= 3
    assert gone(children)
