"""A chute running in a process of its own."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx

from chutekit.serving import ports

ROOT = Path(__file__).parent.parent.parent
# Generous for a busy machine; an idle one needs two.
START_SECONDS = 90.0
DEVELOPMENT = [str(Path(sys.executable).with_name("chutes")), "run", "chute:staging", "--dev"]
GAVE_UP = "Unexpected error executing _run_chute()"
PRODUCTION = [sys.executable, "-m", "chutekit.testing.production"]


class RunningChute:
    """Started when entered, unless it was before; gets SIGTERM when left. `log` has its output."""

    def __init__(self, command: Sequence[str], log: Path, **environment: str) -> None:
        self.port = free_port()
        self.log = log
        self.url = f"http://127.0.0.1:{self.port}"
        logging_port = str(free_port())
        self._command = [*command, "--port", str(self.port), "--logging-port", logging_port]
        self._environment = {
            **{name: value for name, value in os.environ.items() if name != "CHUTES_DEV_MODE"},
            "CHUTE_BACKEND": "stub",
            "CHUTES_ALLOW_MISSING": "true",
            "CHUTES_EXECUTION_CONTEXT": "REMOTE",
            **environment,
        }
        self.process: subprocess.Popen[bytes]
        self._started = False

    def start(self) -> None:
        """Start the process without waiting for it to be ready."""
        self._started = True
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                self._command,
                cwd=ROOT,
                env=self._environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def __enter__(self) -> "RunningChute":
        if not self._started:
            self.start()
        deadline = time.monotonic() + START_SECONDS
        while not self.listens():
            if self.process.poll() is not None or self._broken() or time.monotonic() > deadline:
                self.kill()
                raise AssertionError(f"the chute did not start:\n{self.log.read_text()}")
            time.sleep(0.05)
        return self

    def _broken(self) -> bool:
        """Whether the SDK has given up; its process may stay for a minute all the same."""
        return GAVE_UP in self.log.read_text()

    def __exit__(self, *_: object) -> None:
        try:
            self.terminate()
            self.process.wait(10)
        finally:
            self.kill()

    def listens(self) -> bool:
        """Whether the port answers."""
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def client(self, **options: Any) -> httpx.Client:
        """An HTTP client for the running chute."""
        return httpx.Client(base_url=self.url, timeout=30, trust_env=False, **options)

    def at_once(self, path: str, body: object, times: int) -> list[httpx.Response]:
        """The answers to the same request, sent that many times at the same moment."""
        with (
            self.client(limits=httpx.Limits(max_connections=times)) as client,
            ThreadPoolExecutor(times) as threads,
        ):
            return list(threads.map(lambda _: client.post(path, json=body), range(times)))

    def terminate(self) -> None:
        """Send SIGTERM, as the platform does."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it for certain."""
        if self._started and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def events(self, name: str | None = None) -> list[dict[str, Any]]:
        """The JSON lines of the log so far, all or those of one event."""
        lines = [line for line in self.log.read_text().splitlines() if line.startswith("{")]
        events = [json.loads(line) for line in lines]
        return [event for event in events if name is None or event["event"] == name]

    def wait_for(self, event: str, seconds: float = 10.0) -> dict[str, Any]:
        """The first line of an event, which may still be to come."""
        deadline = time.monotonic() + seconds
        while not (found := self.events(event)):
            assert time.monotonic() < deadline, f"no {event} in:\n{self.log.read_text()}"
            time.sleep(0.05)
        return found[0]

    def line(self, answer: httpx.Response) -> dict[str, Any]:
        """The line in the log about an answered request, which may still be to come."""
        wanted = answer.headers["x-request-id"]
        deadline = time.monotonic() + 10
        while True:
            for event in self.events("request"):
                if event["request_id"] == wanted:
                    return event
            assert time.monotonic() < deadline, "the request is not in the log"
            time.sleep(0.05)


def free_port() -> int:
    """A TCP port nobody listens on, below those the system gives to clients."""
    port = ports.choose(range(20000, 32768))
    assert port is not None, "no free port"
    return port
