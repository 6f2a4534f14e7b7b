"""The three rings of tests, and what holds the innermost to its promise.

A test without a marker is a unit test: it runs in this process, starts no other and opens no
connection. Python tells of both by audit events, whoever causes them.
"""

import sys
from typing import Any, NoReturn

import pytest

MARKERS = ("path", "whole", "heavy")
_PROCESSES = (
    "subprocess.Popen",
    "os.fork",
    "os.forkpty",
    "os.posix_spawn",
    "os.spawn",
    "os.exec",
    "os.system",
    "pty.spawn",
)
_NETWORK = ("socket.connect", "socket.bind", "socket.getaddrinfo", "socket.sendto")


class Guard:
    """Fails the unit test at hand when it leaves its process."""

    def __init__(self) -> None:
        self.watching = False
        self.left: list[str] = []
        sys.addaudithook(self._hear)  # for good: a hook cannot be taken away

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self.watching:
            return
        if event in _PROCESSES:
            self._stop(f"starts a process ({event}: {_short(arguments)})")
        elif event in _NETWORK:
            self._stop(f"opens a connection ({event}: {_short(arguments[1:])})")

    def _stop(self, what: str) -> None:
        self.left.append(what)
        _fail(what)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Any:
        """From the first fixture to the last."""
        self.watching, self.left = is_unit(item), []
        try:
            return (yield)
        finally:
            self.watching = False

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self) -> Any:
        """What a thread was stopped from, or the code that was tested took for a failure."""
        done = yield
        if self.left:
            _fail(self.left[0])
        return done


def _fail(what: str) -> NoReturn:
    pytest.fail(
        f"A test without a marker is a unit test, but this one {what}. Do without, or mark it"
        " `path` when it is the one real way through a promise, and `whole` when it is one of many."
    )


def is_unit(item: pytest.Item) -> bool:
    """Has it no marker?"""
    return not any(item.get_closest_marker(marker) for marker in MARKERS)


def _short(arguments: tuple[Any, ...]) -> str:
    text = " ".join(map(str, arguments[:2]))
    return text if len(text) < 200 else f"{text[:200]}..."
