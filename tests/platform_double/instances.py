"""Instances for real: a chute's uploaded code and image files, served by the SDK.

There is no GPU here, so they run in development mode with the repository's own stub model.
Processes are kept and shared, because starting one takes seconds.
"""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.request
import zipfile
from dataclasses import dataclass
from pathlib import Path

from harness import free_port

START_SECONDS = 90


@dataclass
class Process:
    """A served chute and where it listens."""

    process: subprocess.Popen[bytes]
    url: str
    folder: Path


class Processes:
    """Starts what is asked for once, and ends everything."""

    def __init__(self, testing: Path, python: str) -> None:
        self.testing = testing
        self.python = python
        self._running: dict[str, Process] = {}
        self._lock = threading.Lock()

    def url(self, reference: str, code: str, context: bytes) -> str:
        """Return where that chute answers, starting it when it does not run yet. Blocks."""
        key = hashlib.sha256(reference.encode() + code.encode() + context).hexdigest()
        with self._lock:
            found = self._running.get(key)
            if found is None or found.process.poll() is not None:
                found = self._start(reference, code, context)
                self._running[key] = found
            return found.url

    def end(self) -> None:
        """End all processes."""
        for found in self._running.values():
            found.process.kill()
            found.process.wait()
            shutil.rmtree(found.folder, ignore_errors=True)
        self._running.clear()

    def _start(self, reference: str, code: str, context: bytes) -> Process:
        folder = Path(tempfile.mkdtemp(prefix="chute-"))
        zipfile.ZipFile(io.BytesIO(context)).extractall(folder)
        (folder / "chute.py").write_text(code)
        shutil.copytree(self.testing, folder / "chutekit" / "testing")
        port, logging_port = str(free_port()), str(free_port())
        arguments = ["run", reference, "--dev", "--port", port, "--logging-port", logging_port]
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith("CHUTES_")
        }
        process = subprocess.Popen(
            [self.python, "-m", "chutes.cli", *arguments],
            cwd=folder,
            env={
                **environment,
                "CHUTE_BACKEND": "stub",
                "CHUTES_EXECUTION_CONTEXT": "REMOTE",
                "CHUTES_ALLOW_MISSING": "true",
            },
            stdout=(folder / "log").open("wb"),
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        url = f"http://127.0.0.1:{port}"
        wait_for(url, process, folder / "log")
        return Process(process, url, folder)


def wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Return when /health answers."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(f"{url}/health", timeout=5).close()
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise RuntimeError(f"the chute did not start:\n{log.read_text()[-3000:]}")
