"""Descriptors: raised to what there may be, given back when clients leave, and quietly used up."""

import asyncio
import json
import logging
import resource
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chutekit.serving import connections, logs
from hypercorn.asyncio import serve
from hypercorn.asyncio.tcp_server import TCPServer
from hypercorn.config import Config

from support.harness import free_port

CLIENTS = 40


@pytest.fixture
def limits() -> Iterator[tuple[int, int]]:
    """The process's own, put back."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield before
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_the_limit_is_raised(limits: tuple[int, int]) -> None:
    _, hard = limits
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
    connections.raise_limit()
    soft, still = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert still == hard
    assert soft == (connections.MOST_DESCRIPTORS if hard == resource.RLIM_INFINITY else hard)


def held() -> int:
    """How many descriptors this process has."""
    return len(list(Path("/proc/self/fd").iterdir()))


async def application(scope: Any, _: Any, send: Any) -> None:
    """Answers everything."""
    if scope["type"] == "http":
        headers = [(b"content-length", b"2")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"ok"})


async def left_behind() -> int:
    """How many descriptors stay in use after clients asked something and left."""
    config = Config()
    config.bind = [f"127.0.0.1:{free_port()}"]
    config.keep_alive_timeout = 75  # as the SDK sets it
    config.graceful_timeout = 0
    ended = asyncio.Event()
    server = asyncio.create_task(serve(application, config, shutdown_trigger=ended.wait))
    host, port = config.bind[0].split(":")

    async def ask() -> None:
        for _ in range(100):
            try:
                reader, writer = await asyncio.open_connection(host, port)
                break
            except ConnectionError:
                await asyncio.sleep(0.05)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert await reader.readuntil(b"ok")
        writer.close()
        await writer.wait_closed()

    await ask()
    await asyncio.sleep(0.2)
    before = held()
    await asyncio.gather(*(ask() for _ in range(CLIENTS)))
    for _ in range(50):
        if held() <= before:
            break
        await asyncio.sleep(0.1)
    left = held() - before
    ended.set()
    server.cancel()
    await asyncio.gather(server, return_exceptions=True)
    return left


@pytest.mark.path
def test_connections_end_with_their_clients(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_read_data", "_idle_timeout"):
        monkeypatch.setattr(TCPServer, name, getattr(TCPServer, name))
    assert asyncio.run(left_behind()) >= CLIENTS
    connections.end_with_the_client()
    connections.end_with_the_client()
    assert asyncio.run(left_behind()) <= 0


def test_a_server_that_closes_in_another_way_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def other(self: Any, much: int) -> None: ...

    replaced: Any = other
    monkeypatch.setattr(TCPServer, "_read_data", replaced)
    connections.end_with_the_client()
    assert TCPServer._read_data is replaced
    assert json.loads(capsys.readouterr().out)["event"] == "connections_kept"


def test_one_place_says_one_thing_a_second(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    handler = logs._Handler()
    moments = iter([*range(3000), 3000])
    monkeypatch.setattr(time, "monotonic", lambda: next(moments) / 1000)

    def say(line: int) -> None:
        handler.emit(logging.LogRecord("asyncio", logging.ERROR, "a/b.py", line, "full", (), None))

    for _ in range(3000):
        say(1)
    say(2)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line.get("left_out", 0) for line in lines] == [0, 999, 999, 0]
