"""Terminals that a command runs in: an emulated one, and tmux."""

import re
import shlex
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import pexpect
import pyte

PATIENCE_SECONDS = 60


class Terminal(Protocol):
    """Where a command runs, keys are typed and a screen is read."""

    def start(self, command: str, folder: Path, env: dict[str, str]) -> None:
        """Run a shell command in a folder."""

    def type(self, keys: str) -> None:
        """Send keys as the bytes a terminal sends."""

    def screen(self) -> str:
        """What is on it now."""

    def exit_code(self) -> int:
        """Wait for the end of the command."""


class Emulator:
    """A pseudo-terminal whose output a terminal emulator understands."""

    def __init__(self, columns: int, rows: int) -> None:
        self.size = (rows, columns)
        self.emulated = pyte.Screen(columns, rows)
        self.stream = pyte.ByteStream(self.emulated)
        self.raw = b""

    def start(self, command: str, folder: Path, env: dict[str, str]) -> None:
        self.child = pexpect.spawn(
            "sh",
            ["-c", f"exec {command}"],
            cwd=str(folder),
            env=env,
            dimensions=self.size,
            timeout=5,
        )

    def type(self, keys: str) -> None:
        self.child.send(keys)

    def screen(self) -> str:
        self._read()
        return "\n".join(row.rstrip() for row in self.emulated.display)

    def exit_code(self) -> int:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self._read() and time.monotonic() < deadline:
            time.sleep(0.02)
        self.child.close()
        if self.child.exitstatus is None:
            return -int(self.child.signalstatus)
        return int(self.child.exitstatus)

    def resize(self, columns: int, rows: int) -> None:
        self.child.setwinsize(rows, columns)
        self.emulated.resize(rows, columns)

    def close(self) -> None:
        if hasattr(self, "child"):
            self.child.close(force=True)

    def _read(self) -> bool:
        """Take what is there; False at the end."""
        while not self.child.closed:
            try:
                data = self.child.read_nonblocking(65536, timeout=0)
            except pexpect.TIMEOUT:
                return True
            except pexpect.EOF:
                return False
            self.raw += data
            self.stream.feed(data)
            if b"\x1b[6n" in data:
                cursor = self.emulated.cursor
                self.child.send(f"\x1b[{cursor.y + 1};{cursor.x + 1}R")
        return False


class Tmux:
    """A window of a tmux server of its own."""

    def __init__(self, columns: int, rows: int, socket: Path) -> None:
        self.size = (columns, rows)
        self.socket = socket

    def start(self, command: str, folder: Path, env: dict[str, str]) -> None:
        columns, rows = self.size
        self._tmux(
            *("-f", "/dev/null", "new-session", "-d", "-x", str(columns), "-y", str(rows)),
            f"cd {shlex.quote(str(folder))}; {command}; code=$?; echo; echo exit=$code=; sleep 600",
            env=env,
        )

    def type(self, keys: str) -> None:
        self._tmux("send-keys", "-H", *(f"{byte:02x}" for byte in keys.encode()))

    def screen(self) -> str:
        return self._tmux("capture-pane", "-p")

    def exit_code(self) -> int:
        wait_until(lambda: "exit=" in self.screen(), self.screen)
        match = re.search(r"exit=(\d+)=", self.screen())
        assert match
        return int(match[1])

    def close(self) -> None:
        self._tmux("kill-server", check=False)

    def _tmux(self, *arguments: str, env: dict[str, str] | None = None, check: bool = True) -> str:
        command = ["tmux", "-S", str(self.socket), *arguments]
        return subprocess.run(
            command, env=env, check=check, capture_output=True, text=True, timeout=10
        ).stdout


def wait_until(true: Callable[[], bool], screen: Callable[[], str]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not true():
        assert time.monotonic() < deadline, f"it never came; the screen:\n{screen()}"
        time.sleep(0.02)
