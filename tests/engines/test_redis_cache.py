"""The generated Redis cache on a real Redis: kept, expired, damaged, stopped, back again."""

import importlib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from copier import run_copy

from support.machine import need
from support.places import ROOT

pytestmark = pytest.mark.whole


class Server:
    """A Redis of our own that can be stopped and started."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start it and wait until it listens."""
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
        self.process = subprocess.Popen(
            ["redis-server", *options, "--dir", str(self.folder)], stdout=subprocess.DEVNULL
        )
        deadline = time.monotonic() + 10
        with socket.socket() as probe:
            while probe.connect_ex(("127.0.0.1", self.port)) != 0:
                assert time.monotonic() < deadline
                time.sleep(0.02)

    def stop(self) -> None:
        """End it at once."""
        self.process.kill()
        self.process.wait()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A running Redis."""
    need("redis-server")
    server = Server(tmp_path)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """`chutekit/caches/redis.py` of a repository generated with `cache: redis`."""
    pytest.importorskip("redis")
    pytest.importorskip("chutes")
    answers = {"username": "alice", "name": "my-chute", "cache": "redis"}
    run_copy(str(ROOT / "template"), tmp_path / "out", answers, defaults=True, quiet=True)
    monkeypatch.syspath_prepend(str(tmp_path / "out"))
    yield importlib.import_module("chutekit.caches.redis")
    for name in [name for name in sys.modules if name.partition(".")[0] == "chutekit"]:
        del sys.modules[name]


def test_values_are_shared_and_expire(module: ModuleType, server: Server) -> None:
    """Another instance's cache finds the value, until its time is over."""
    first, second = (module.Cache(server.url, ttl_seconds=1) for _ in range(2))
    value = bytes(range(256)) * 4000
    first.put("a", value)
    assert second.get("a") == value
    time.sleep(1.2)
    assert second.get("a") is None


def test_what_others_wrote_under_our_key_is_a_miss(module: ModuleType, server: Server) -> None:
    """Rubbish, a cut value and another type of value are never handed out."""
    from redis import Redis

    redis = Redis.from_url(server.url)
    cache = module.Cache(server.url)
    cache.put("a", b"a picture")
    (key,) = redis.keys()
    kept: Any = redis.get(key)
    for rubbish in (b"", b"\x80\x04K*.", kept[:-1]):
        redis.set(key, rubbish)
        assert cache.get("a") is None
    redis.delete(key)
    redis.rpush(key, "a list")
    assert cache.get("a") is None


def test_a_redis_that_stops_is_a_miss_and_one_that_comes_back_is_used(
    module: ModuleType, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is raised in between, and after a pause all is as before."""
    monkeypatch.setattr(module, "PAUSE_SECONDS", 0.1)
    cache = module.Cache(server.url)
    cache.put("a", b"1")
    server.stop()
    assert cache.get("a") is None
    cache.put("a", b"2")
    server.start()
    time.sleep(0.15)
    cache.put("a", b"3")
    assert cache.get("a") == b"3"


def test_a_hanging_redis_costs_a_request_less_than_a_second(
    module: ModuleType, server: Server
) -> None:
    """A stopped process keeps its connections open and never answers."""
    import signal

    assert module.TIMEOUT_SECONDS < 1
    cache = module.Cache(server.url)
    cache.put("a", b"1")
    server.process.send_signal(signal.SIGSTOP)
    try:
        assert cache.get("a") is None
    finally:
        server.process.send_signal(signal.SIGCONT)
