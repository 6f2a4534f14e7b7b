"""A generated chute where clients find it: as on a laptop, and behind the simulated platform.

Run in a generated repository, with a file for what clients send: one JSON line for each body. Says
both addresses in one JSON line, and serves until its standard input ends.
"""

from __future__ import annotations

import json
import sys
import tempfile
import threading
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path.cwd()))

import httpx
from chutekit.testing import running
from chutekit.testing.gateway import Gateway, told
from chutekit.testing.running import DEVELOPMENT, PRODUCTION, RunningChute
from chutes.entrypoint._shared import load_chute

OF_A_CONNECTION = {"connection", "content-length", "transfer-encoding", "date", "server"}


class Recorder:
    """Writes down who sent which body where; clients say who they are in their key."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", encoding="utf-8")
        self._lock = threading.Lock()

    def note(self, handler: BaseHTTPRequestHandler, content: bytes) -> None:
        """Write a line about one request."""
        words = [handler.headers.get(name) or "" for name in ("authorization", "x-api-key")]
        line = {
            "client": "".join(words).removeprefix("Bearer "),
            "method": handler.command,
            "path": handler.path,
            "body": json.loads(content) if content else None,
        }
        with self._lock:
            self._file.write(json.dumps(line) + "\n")
            self._file.flush()


class Handler(BaseHTTPRequestHandler):
    """Any request, with its body."""

    protocol_version = "HTTP/1.1"
    recorder: Recorder

    def do_any(self) -> None:
        """Record it, and answer."""
        content = self.rfile.read(int(self.headers.get("content-length") or 0))
        self.recorder.note(self, content)
        self.answer(content)

    do_GET = do_POST = do_HEAD = do_OPTIONS = do_PUT = do_DELETE = do_any  # noqa: N815

    def answer(self, content: bytes) -> None:
        """Answer it."""
        raise NotImplementedError

    def send(self, status: int, headers: dict[str, str], content: bytes) -> None:
        """Send an answer in one piece."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *arguments: object) -> None:
        """Keep quiet."""


def laptop(url: str) -> type[Handler]:
    """What hands requests on to a chute under `chutes run --dev`, streams piece by piece."""
    client = httpx.Client(base_url=url, timeout=60, trust_env=False)

    class Laptop(Handler):
        def answer(self, content: bytes) -> None:
            headers = {k: v for k, v in self.headers.items() if k.lower() != "host"}
            asked = client.stream(self.command, self.path, headers=headers, content=content)
            with asked as answer:
                self.send_response(answer.status_code)
                for name, value in answer.headers.items():
                    if name not in OF_A_CONNECTION:
                        self.send_header(name, value)
                self.send_header("transfer-encoding", "chunked")
                self.end_headers()
                for piece in answer.iter_raw():
                    self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
                self.wfile.write(b"0\r\n\r\n")

    return Laptop


def platform(gateway: Gateway) -> type[Handler]:
    """What hands requests to the simulated gateway, for those who bring a key as it wants it."""

    class Platform(Handler):
        def answer(self, content: bytes) -> None:
            path = self.path.partition("?")[0]
            if (self.headers.get("authorization") or "").startswith("Bearer "):
                reply = gateway.call(self.command, path, content)
            else:
                reply = told(401, "Authentication required.")
            self.send(reply.status, {"content-type": reply.media_type}, reply.content)

    return Platform


def served(handler: type[Handler], recorder: Recorder) -> str:
    """Serve from a thread; the address."""
    handler.recorder = recorder
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"


def main(recorded: Path) -> None:
    """Serve a chute both ways; end with an error when the platform counts a failure of it."""
    _, declared = load_chute("chute:prod", None, True)
    chute: Any = declared
    logs = Path(tempfile.mkdtemp(prefix="chute-logs-"))
    development = RunningChute(DEVELOPMENT, logs / "development")
    production = RunningChute(PRODUCTION, logs / "production", SIMULATE_STUB_ALLOWED="1")
    running.START_SECONDS = 300.0
    ending = ExitStack()
    for one in (development, production):
        ending.callback(one.kill)
        one.start()
    # One that does not start leaves the other not behind.
    with ending, development, production:
        gateway = Gateway(chute, production.url)
        recorder = Recorder(recorded)
        addresses = {
            "laptop": served(laptop(development.url), recorder),
            "platform": served(platform(gateway), recorder),
            "chute": chute.name,
        }
        print(json.dumps(addresses), flush=True)
        sys.stdin.read()
        if gateway.failures:
            sys.exit(f"the platform would count these against the instance: {gateway.failures}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
