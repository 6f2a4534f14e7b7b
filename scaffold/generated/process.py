"""Runs a repository's own code in another process, with bounds on everything.

It has an empty home, none of the caller's secrets in its environment, and so many seconds; the
chutes it loads have bounds on memory too (`child.py`).
"""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scaffold.errors import OutsideFailure

SECONDS = 60
MEMORY_BYTES = 4 * 2**30
_KEPT = ("PATH", "LANG", "LC_ALL", "SYSTEMROOT", "VIRTUAL_ENV")
# What a process wrote is read to this length at most, from its end.
_SAID_BYTES = 4000


@dataclass(frozen=True)
class Ended:
    """How a process ended: its status, None when its time was over, and the last it said."""

    status: int | None
    said: str


def python(root: Path) -> str:
    """The repository's own environment when it has one: that is where its packages are."""
    for candidate in (root / ".venv/bin/python", root / ".venv/Scripts/python.exe"):
        if candidate.exists():
            return str(candidate.absolute())
    return sys.executable


def describe(
    root: Path, file: str, interpreter: str, *, seconds: float = SECONDS, tag: bool = False
) -> dict[str, Any]:
    """By variable, what each chute of a file is to the SDK once its module was imported.

    Under the key "error" stands why it could not be imported, under "missing" which package is not
    there. With `tag` each has the tag that chutekit computes for its image.
    """
    with tempfile.TemporaryDirectory(prefix="chute-new-load-") as folder:
        result = Path(folder) / "result.json"
        script = Path(__file__).with_name("child.py")
        given = [file, str(result), str(MEMORY_BYTES), *(["tag"] if tag else [])]
        command = [interpreter, "-P", str(script), *given]
        ended = run(command, root, seconds=seconds)
        if ended.status is None:
            return {"error": f"it did not load within {seconds:g} seconds"}
        try:
            found = json.loads(result.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {"error": f"its process ended with status {ended.status}"}
        return found if isinstance(found, dict) else {"error": "it gave no answer"}


def run(command: Sequence[str], cwd: Path, *, seconds: float) -> Ended:
    """One command from beginning to end, and what it started with it."""
    with tempfile.TemporaryDirectory(prefix="chute-new-home-") as home:
        environment = {name: os.environ[name] for name in _KEPT if name in os.environ} | {
            "HOME": home,
            "TMPDIR": home,
            "CHUTES_ALLOW_MISSING": "true",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        with tempfile.TemporaryFile() as said:
            try:
                process = subprocess.Popen(
                    command,
                    cwd=cwd,
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=said,
                    start_new_session=True,
                )
            except OSError as error:
                raise OutsideFailure(f"{command[0]} cannot be run: {error}") from error
            status = _awaited(process, seconds)
            said.seek(max(0, said.seek(0, os.SEEK_END) - _SAID_BYTES))
            return Ended(status, said.read(_SAID_BYTES).decode(errors="replace").strip())


def _awaited(process: "subprocess.Popen[bytes]", seconds: float) -> int | None:
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        return None
    finally:
        _end(process)


def _end(process: "subprocess.Popen[bytes]") -> None:
    """The whole group, so that nothing the module started outlives it."""
    if hasattr(os, "killpg"):
        import signal

        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()
