"""A disk without room, where lines of the log go and where weights come to."""

import asyncio
import contextlib
import errno
import io
import json
import logging
import os
import resource
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chutekit.serving import logs, weights
from chutekit.serving.edge import Edge
from chutekit.serving.instance import Instance, Phase
from chutekit.serving.lifecycle import StartupError

FULL = Path("/dev/full")
pytestmark = pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full")


@contextlib.contextmanager
def full() -> Iterator[None]:
    """Standard output on a disk that is full, of a process that has said nothing yet."""
    file = FULL.open("w")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(logs, "_output", logs._Output())
        patch.setattr(sys, "stdout", file)
        yield
    with contextlib.suppress(OSError):
        file.close()


def test_a_request_is_answered_all_the_same() -> None:
    sent: list[Any] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        raise RuntimeError  # a failure of ours has a line of its own besides

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"{}"}

    async def send(message: Any) -> None:
        sent.append(message)

    edge = Edge(application, Instance(1), 100, encrypted=False)
    scope = {"type": "http", "method": "POST", "path": "/x", "headers": []}
    with full():
        asyncio.run(edge(scope, receive, send))
    assert sent[0]["status"] == 500
    assert json.loads(sent[1]["body"])["error"]["code"] == "internal_error"


def test_an_instance_that_fails_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = threading.Event()

    def broken() -> None:
        raise RuntimeError

    monkeypatch.setattr("chutekit.serving.instance.FAILURE_GRACE_SECONDS", 0)
    monkeypatch.setattr(os, "_exit", lambda status: ended.set())
    instance = Instance(1)
    instance.at_end(broken)
    with full():
        instance.fail("the GPU is lost")
        assert ended.wait(30)
    assert instance.phase is Phase.FAILED


def test_nothing_keeps_an_instance_from_ending(monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[int] = []

    def broken(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(os, "_exit", ended.append)
    monkeypatch.setattr(logs, "event", broken)
    with pytest.raises(MemoryError):
        Instance(1).end(1)
    assert ended == [1]


def test_a_library_that_says_something_gets_no_error_of_the_disk() -> None:
    with full():
        logs._Handler().emit(logging.LogRecord("x", logging.ERROR, "a.py", 1, "said", (), None))


def test_the_log_says_afterwards_that_lines_are_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    room = io.StringIO()
    with full():
        for _ in range(5):
            logs.event("lost")
        monkeypatch.setattr(sys, "stdout", room)
        logs.event("kept")
        logs.event("kept")
    lines = [json.loads(line) for line in room.getvalue().splitlines()]
    assert [(line["event"], line.get("lines")) for line in lines] == [
        ("lines_lost", 5),
        ("kept", None),
        ("kept", None),
    ]


@pytest.mark.parametrize("value", ["\ud800", 2**70, b"\xff", Path("\udcff")], ids=repr)
def test_no_value_keeps_a_line_from_being_written(
    value: object, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.event("odd", value=value)
    assert json.loads(capsys.readouterr().out)["event"] == "odd"


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG])
def test_weights_that_do_not_fit_are_fetched_once(number: int) -> None:
    tries: list[int] = []

    def fetch() -> Path:
        tries.append(number)
        raise OSError(number, os.strerror(number))

    with pytest.raises(StartupError, match=r"cannot be stored: OSError|does not end where"):
        weights._retrying(fetch, 5, "a/model")
    assert len(tries) == 1


def test_no_file_grows_beyond_the_largest_of_the_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(weights, "SLACK_BYTES", 2**16)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    with (tmp_path / "file").open("wb", buffering=0) as file:
        with pytest.raises(OSError, match="too large"), weights._no_file_above(2**16):
            file.write(b"x" * 2**17)
            file.write(b"x")
        assert resource.getrlimit(resource.RLIMIT_FSIZE) == before
        assert file.write(b"x") == 1
        with weights._no_file_above(0):
            assert resource.getrlimit(resource.RLIMIT_FSIZE) == before
