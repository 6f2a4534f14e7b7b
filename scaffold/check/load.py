"""`--load`: imports the chutes with the real SDK, in another process with bounds on everything."""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from scaffold.check.repository import Repository
from scaffold.check.tree import Tree
from scaffold.errors import OutsideFailure

SECONDS = 60
MEMORY_BYTES = 4 * 2**30
_KEPT = ("PATH", "LANG", "LC_ALL", "SYSTEMROOT", "VIRTUAL_ENV")

Loaded = dict[str, dict[str, Any]]


def load(path: Path, *, seconds: float = SECONDS) -> Loaded:
    """By file and variable: what each chute is once its module was imported.

    Under the key "error" of a file stands why it could not be imported. The user's code runs with
    an empty home, none of the caller's secrets in its environment, and bounds on time and memory.
    """
    tree = Tree.of(path)
    repository = Repository(tree)
    files = sorted({chute.module.path for chute in repository.chutes})
    python = _python(tree.root)
    return {file: _one(tree.root, file, python, seconds) for file in files}


def _python(root: Path) -> str:
    """The repository's own environment when it has one: that is where its packages are."""
    for candidate in (root / ".venv/bin/python", root / ".venv/Scripts/python.exe"):
        if candidate.exists():
            return str(candidate)
    return sys.executable


def _one(root: Path, file: str, python: str, seconds: float) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="chute-new-load-") as home:
        result = Path(home) / "result.json"
        environment = {name: os.environ[name] for name in _KEPT if name in os.environ} | {
            "HOME": home,
            "TMPDIR": home,
            "CHUTES_ALLOW_MISSING": "true",
            "PYTHONDONTWRITEBYTECODE": "1",
            "CHUTE_NEW_MEMORY": str(MEMORY_BYTES),
        }
        script = Path(__file__).with_name("load_child.py")
        try:
            process = subprocess.Popen(
                [python, "-P", str(script), file, str(result)],
                cwd=root,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError as error:
            raise OutsideFailure(f"{python} cannot be run: {error}") from error
        return _awaited(process, result, seconds)


def _awaited(process: "subprocess.Popen[bytes]", result: Path, seconds: float) -> dict[str, Any]:
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return {"error": f"it did not load within {seconds:g} seconds"}
    finally:
        _end(process)
    try:
        found = json.loads(result.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {"error": f"its process ended with status {process.returncode}"}
    if found.get("missing") == "chutes":
        raise OutsideFailure(
            "--load needs the chutes SDK beside chute-new or in the repository's .venv",
            hint="pip install chutes, or run without --load",
        )
    return found if isinstance(found, dict) else {"error": "it gave no answer"}


def _end(process: "subprocess.Popen[bytes]") -> None:
    """The whole group, so that nothing the module started outlives it."""
    if hasattr(os, "killpg"):
        import signal

        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()
