"""The three rings of tests, and what holds the innermost to its promise.

A test without a marker is a unit test: it runs in this process, starts no other and opens no
connection. Python tells of both by audit events, whoever causes them.
"""

import sys
from typing import Any

import pytest

MARKERS = ("path", "whole", "heavy")
_PROCESSES = (
    "subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.exec",
    "os.system", "pty.spawn",
)  # fmt: skip
_NETWORK = ("socket.connect", "socket.bind", "socket.getaddrinfo", "socket.sendto")


class Guard:
    """Fails the unit test at hand when it leaves its process."""

    def __init__(self) -> None:
        self.watching = False
        sys.addaudithook(self._hear)  # for good: a hook cannot be taken away

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self.watching:
            return
        if event in _PROCESSES:
            self._fail(f"starts a process ({event}: {_short(arguments)})")
        elif event in _NETWORK:
            self._fail(f"opens a connection ({event}: {_short(arguments[1:])})")

    def _fail(self, what: str) -> None:
        self.watching = False  # the report may do so too
        pytest.fail(
            f"A test without a marker is a unit test, but this one {what}. Do without, or mark it"
            " `path` when it is the one real way through a promise, and `whole` when it is one of"
            " many."
        )

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Any:
        """From the first fixture to the last."""
        self.watching = is_unit(item)
        try:
            return (yield)
        finally:
            self.watching = False


def is_unit(item: pytest.Item) -> bool:
    """Has it no marker?"""
    return not any(item.get_closest_marker(marker) for marker in MARKERS)


def _short(arguments: tuple[Any, ...]) -> str:
    text = " ".join(map(str, arguments[:2]))
    return text if len(text) < 200 else f"{text[:200]}..."
