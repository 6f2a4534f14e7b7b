"""Runs a repository's own code in another process, with bounds on everything.

It has an empty home and an environment of a few names, so many seconds, bounds on memory, files
and processor time; what it started ends with it. It cannot look into other processes of the user
(`confine.py`), but it is no stranger: it can read the files that the user can read, and use the
network. See docs/decisions/0024.
"""

import contextlib
import ctypes
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scaffold import foreign
from scaffold.errors import OutsideFailure
from scaffold.generated.confine import CANNOT_RUN

SECONDS = 60
MEMORY_BYTES = 4 * 2**30
_KEPT = ("PATH", "LANG", "LC_ALL", "SYSTEMROOT", "VIRTUAL_ENV")
# What a process wrote is read to this length at most, from its end.
_SAID_BYTES = 4000
_RESULT_BYTES = 16 * 2**20
_CONFINE = Path(__file__).resolve().with_name("confine.py")
_PR_SET_DUMPABLE, _PR_SET_CHILD_SUBREAPER = 4, 36
# How often what is left of a process is looked for, which may start others faster than it ends.
_ROUNDS = 200


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
        script = _CONFINE.with_name("child.py")
        given = [file, str(result), *(["tag"] if tag else [])]
        command = [interpreter, "-P", str(script), *given]
        ended = run(command, root, seconds=seconds)
        if ended.status is None:
            return {"error": f"it did not load within {seconds:g} seconds"}
        try:
            found = json.loads(foreign.content(result, _RESULT_BYTES))
        except (OSError, ValueError, RecursionError):
            return {"error": f"its process ended with status {ended.status}"}
        return found if _is_description(found) else {"error": "it gave no answer"}


def _is_description(found: object) -> bool:
    """The code that was loaded may have written something else."""
    return isinstance(found, dict) and all(
        isinstance(value, str if name in ("error", "missing") else dict)
        for name, value in found.items()
    )


def run(command: Sequence[str], cwd: Path, *, seconds: float) -> Ended:
    """One command from beginning to end, and what it started with it."""
    with tempfile.TemporaryDirectory(prefix="chute-new-home-") as home:
        environment = {name: os.environ[name] for name in _KEPT if name in os.environ} | {
            "HOME": home,
            "TMPDIR": home,
            "CHUTES_ALLOW_MISSING": "true",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        limits = (str(MEMORY_BYTES), str(os.getpid()))
        with tempfile.TemporaryFile() as said:
            try:
                process = subprocess.Popen(
                    [sys.executable, "-I", "-S", str(_CONFINE), *limits, *command],
                    cwd=cwd,
                    env=environment,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL,
                    stderr=said,
                    start_new_session=True,
                )
            except OSError as error:
                raise OutsideFailure(f"{command[0]} cannot be run: {error}") from error
            with _unseen():
                status = _awaited(process, seconds)
            said.seek(max(0, said.seek(0, os.SEEK_END) - _SAID_BYTES))
            told = said.read(_SAID_BYTES).decode(errors="replace").strip()
    if status == CANNOT_RUN and told.startswith(f"{command[0]} cannot be run"):
        raise OutsideFailure(told)
    return Ended(status, told)


def _awaited(process: "subprocess.Popen[bytes]", seconds: float) -> int | None:
    others = _children() - {process.pid}
    try:
        with contextlib.suppress(BrokenPipeError), process.stdin or contextlib.nullcontext():
            pass  # closed: it may begin
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        return None
    finally:
        _end(process, others)


def _end(process: "subprocess.Popen[bytes]", others: set[int]) -> None:
    """The whole group, and what left it: nothing the module started outlives it."""
    if not hasattr(os, "killpg"):
        process.kill()
        process.wait()
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for _ in range(_ROUNDS):
        left = _children() - others
        if not left:
            return
        for pid in left:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
        time.sleep(0.01)


@contextlib.contextmanager
def _unseen() -> Iterator[None]:
    """Other processes of the user cannot look into this one, and what they leave behind is ours.

    So no environment of ours is read through /proc where there is no Landlock, except by root.
    """
    if sys.platform != "linux":
        yield
        return
    libc = ctypes.CDLL(None)
    libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    try:
        yield
    finally:
        libc.prctl(_PR_SET_DUMPABLE, 1, 0, 0, 0)
        libc.prctl(_PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)


def _children() -> set[int]:
    """The processes that are children of this one."""
    found = set()
    me = os.getpid()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, IndexError, ValueError):
            # After the name, which may hold anything: the state, then the parent.
            if int(stat.read_bytes().rpartition(b")")[2].split()[1]) == me:
                found.add(int(stat.parent.name))
    return found
