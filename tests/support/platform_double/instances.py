"""Instances for real: a chute's uploaded code and image files, served by the SDK.

There is no GPU here, so they run in development mode with the repository's own stub model.
Processes are kept and shared, because starting one takes seconds.
"""

from __future__ import annotations

import asyncio
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
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp
import orjson

from support.harness import free_port
from support.platform_double.calls import Call, InstanceError
from support.platform_double.entities import Deployed, Running

if TYPE_CHECKING:
    from support.platform_double.server import Double

START_SECONDS = 90
#: How long the gateway waits for an instance, and how much it reads ahead.
ANSWER_SECONDS = 1800
BUFFER_BYTES = 2**24


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
        with zipfile.ZipFile(io.BytesIO(context)) as archive:
            archive.extractall(folder)
        (folder / "chute.py").write_text(code)
        shutil.copytree(self.testing, folder / "chutekit" / "testing")
        port, logging_port = str(free_port()), str(free_port())
        arguments = ["run", reference, "--dev", "--port", port, "--logging-port", logging_port]
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith("CHUTES_")
        }
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [self.python, "-m", "chutes.cli", *arguments],
                cwd=folder,
                env={
                    **environment,
                    "CHUTE_BACKEND": "stub",
                    "CHUTES_EXECUTION_CONTEXT": "REMOTE",
                    "CHUTES_ALLOW_MISSING": "true",
                },
                stdout=log,
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


@asynccontextmanager
async def opened(
    double: Double, chute: Deployed, call: Call, target: Running
) -> AsyncIterator[aiohttp.ClientResponse]:
    """The beginning of an instance's answer to a call.

    A body that the gateway's writer of JSON does not take is, to the platform, the instance's
    failure.
    """
    image = double.world.images.get(target.image_id)
    reference, context = chute.posted["ref_str"], image.context if image else b""
    url = await asyncio.to_thread(double.processes.url, reference, target.code, context)
    try:
        body = orjson.dumps(call.body)
    except (TypeError, ValueError, RecursionError) as error:
        raise InstanceError(str(error)) from error
    limit = aiohttp.ClientTimeout(total=ANSWER_SECONDS)
    headers = {"Content-Type": "application/json"} if call.method != "GET" else {}
    async with (
        aiohttp.ClientSession(timeout=limit, read_bufsize=BUFFER_BYTES) as session,
        session.request(
            call.method,
            url + call.path,
            data=body if call.method != "GET" else None,
            params=call.params,
            headers=headers,
        ) as answer,
    ):
        yield answer


async def contents(answer: aiohttp.ClientResponse, call: Call) -> AsyncIterator[bytes]:
    """An instance's stream as it comes: in events from an engine's cord, else as it is sent.

    An engine's cord seals each event by itself, and the gateway opens what was sealed.
    """
    if call.cord["passthrough"]:
        event = b""
        async for line in answer.content:
            event += line
            if not line.strip():
                yield event
                event = b""
        if event:
            yield event
    else:
        async for chunk in answer.content.iter_any():
            yield chunk
