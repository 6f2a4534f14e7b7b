"""Servers that start at the same time get ports of their own."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from chutekit.serving import ports

PROJECT = Path(ports.__file__).parents[2]
CHOSEN = "from chutekit.serving import ports; print(ports.choose({}), flush=True); input()"


@pytest.fixture(autouse=True)
def at_exit(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What a test chose is free again after it."""
    with ExitStack() as ends:
        monkeypatch.setattr(ports.atexit, "register", ends.callback)
        yield


@pytest.mark.path
def test_a_port_that_is_taken_is_passed_over() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        socket.create_server(("127.0.0.1", 0)) as freed,
    ):
        numbers = [taken.getsockname()[1], freed.getsockname()[1]]
        freed.close()
        assert ports.choose(numbers) == numbers[1]
        assert ports.choose(numbers) is None


@pytest.mark.path
def test_a_port_whose_server_is_still_to_come_is_not_given_twice() -> None:
    candidates = list(range(20000, 20100))
    running = [
        subprocess.Popen(
            [sys.executable, "-c", CHOSEN.format(candidates)],
            cwd=PROJECT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    try:
        chosen = [int(process.stdout.readline()) for process in running if process.stdout]
    finally:
        for process in running:
            process.communicate("\n")
    assert len(set(chosen)) == len(running)
