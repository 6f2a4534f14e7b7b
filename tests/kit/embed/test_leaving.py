"""A client that leaves frees its place and the engine's; one that waits outlives a SIGTERM."""

import threading
from pathlib import Path

import httpx
import pytest
from chutekit.testing.running import DEVELOPMENT, RunningChute

from tests.engines import assert_free, engines, gone, held


def test_abandoned_requests_free_everything(tmp_path: Path) -> None:
    with (
        RunningChute(DEVELOPMENT, tmp_path / "log") as chute,
        httpx.Client(base_url=chute.url) as client,
    ):
        client.post("/v1/embeddings", json={"input": "Hello"})
        before = held(chute)
        for _ in range(60):
            with pytest.raises(httpx.ReadTimeout):
                client.post("/v1/embeddings", json={"input": "stub: think=60"}, timeout=0.02)
        assert_free(client)
        assert held(chute)[0] <= before[0] + 5
        assert held(chute)[1] <= before[1] + 5


def test_sigterm_lets_requests_finish(tmp_path: Path) -> None:
    statuses = []
    with (
        RunningChute(DEVELOPMENT, tmp_path / "log") as chute,
        chute.client() as client,
        chute.client() as other,
    ):
        children = engines(chute)

        def ask() -> None:
            body = {"input": "stub: think=2"}
            statuses.append(client.post("/v1/embeddings", json=body).status_code)

        asking = threading.Thread(target=ask)
        asking.start()
        while not other.get("/health").json()["in_flight"]:
            pass
        chute.terminate()
        asking.join()
        assert statuses == [200]
        assert chute.process.wait(10) == 0
        assert gone(children)
