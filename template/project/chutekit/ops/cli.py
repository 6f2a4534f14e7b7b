"""Runs the SDK's own `chutes build` and `chutes deploy`.

They always ask, and exit with 0 after most failures; so they are answered through standard
input, and whether they did their work is found out by asking the platform.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from chutekit.ops.children import environment
from chutekit.ops.command import say

RECORD = re.compile(
    r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+ *\| *(?P<level>[A-Z]+) *\| *\S+ - "
    r"(?P<text>.*?)(?=\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+ *\||\Z)",
    re.DOTALL,
)
DIED = re.compile(r"^[\w.]*(?:Error|Exception|Required|Configured): .*$", re.MULTILINE)
#: How its HTTP library dies of an answer that is no JSON, as the platform's own failures are.
WITHOUT_JSON = re.compile(r"ContentTypeError: (?P<status>\d{3})\b")
SERVER_FAILED = re.compile("internal server error", re.IGNORECASE)
PAGE = re.compile(r"<(?:html|!doctype).*</html>", re.DOTALL | re.IGNORECASE)
TRACEBACK = "Traceback (most recent call last)"
SDK = Path(__file__).with_name("sdk.py").absolute()
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class Output:
    """What the SDK's command printed, and whether it was ended because its time was up."""

    text: str
    late: bool = False

    @property
    def complaint(self) -> str:
        """The last thing it logged as an error, or the last exception it died of."""
        found = self._logged or DIED.findall(self.text)
        if not found:
            return "the SDK's command was not done when its time was up" if self.late else ""
        if broken := WITHOUT_JSON.match(found[-1]):
            return f"the platform answered {broken['status']} without a reason"
        return _plain(found[-1])[:1000]

    @property
    def refused(self) -> bool:
        """Whether it complains of a refusal, so that nothing was done and nothing will be."""
        return bool(self._logged) and not SERVER_FAILED.search(self._logged[-1])

    @property
    def _logged(self) -> list[str]:
        return [
            record["text"] for record in RECORD.finditer(self.text) if record["level"] == "ERROR"
        ]


def chutes(
    *arguments: str,
    limit: float,
    folder: Path = Path(),
    until: Callable[[], bool] = lambda: False,
    show: bool = False,
    lock: int | None = None,
) -> Output:
    """Run `chutes` with the arguments, saying yes to its questions.

    Ends it after `limit` seconds, or as soon as `until` is true. With `show` its log is told.
    It holds the file descriptor `lock` as long as it lives.
    """
    # It reads chute.py in the encoding of the locale; UTF-8 mode makes that the module's own.
    settings = {"PYTHONUTF8": "1", "PYTHONUNBUFFERED": "1", "NO_COLOR": "1", "COLUMNS": "200"}
    process = subprocess.Popen(
        [sys.executable, "-P", str(SDK), *arguments],
        cwd=folder,
        env=environment() | settings,
        pass_fds=() if lock is None else (lock,),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    lines: list[str] = []
    reader = threading.Thread(target=_read, args=(process, lines, show), daemon=True)
    reader.start()
    try:
        _answer(process)
        late = not _watch(process, limit, until)
    finally:
        _end(process)
        reader.join(timeout=5)
    return Output("".join(lines), late)


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", PAGE.sub("(a page of HTML)", text)).strip()


def _answer(process: subprocess.Popen[str]) -> None:
    assert process.stdin
    try:
        process.stdin.write("y\n" * 4)
        process.stdin.close()
    except BrokenPipeError:
        return


def _read(process: subprocess.Popen[str], lines: list[str], show: bool) -> None:
    assert process.stdout
    for line in process.stdout:
        plain = COLOUR.sub("", line)
        lines.append(plain)
        show = show and TRACEBACK not in plain
        if show and plain.strip():
            record = RECORD.search(plain)
            say(f"  {_plain(record['text'] if record else plain)}")


def _watch(process: subprocess.Popen[str], limit: float, until: Callable[[], bool]) -> bool:
    """Tell whether it ended, or `until` was true, within `limit` seconds."""
    deadline = time.monotonic() + limit
    pause = 0.5
    while time.monotonic() < deadline:
        try:
            process.wait(timeout=pause)
            return True
        except subprocess.TimeoutExpired:
            if until():
                return True
        pause = min(pause * 1.5, 10)
    return False


def _end(process: subprocess.Popen[str]) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
