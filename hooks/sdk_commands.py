"""Runs the SDK's own commands against an API on loopback that answers as it is told."""

import contextlib
import importlib
import json
import os
import re
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from unittest import mock

MODULE = """
from chutes.chute import Chute, NodeSelector
from chutes.image import Image

image = Image(username="alice", name="demo", tag="1.0")
chute = Chute(username="alice", name="demo", image=image, node_selector=NodeSelector())


@chute.cord(public_api_path="/facts")
async def facts(self):
    return {}
"""
CREDENTIALS = {
    "user_id": "alice",
    "username": "alice",
    "hotkey_seed": "0f" * 32,
    "hotkey_name": "default",
    "hotkey_ss58address": "5Demo",
}


@dataclass
class Sent:
    """One request of a command."""

    target: str
    content_type: str
    body: bytes

    def json(self) -> Any:
        """The body, where it is JSON."""
        return json.loads(self.body)

    def form(self) -> dict[str, str]:
        """The fields, where it is a form; what is a file has its name as its value."""
        head = f"Content-Type: {self.content_type}\r\n\r\n".encode()
        message = BytesParser(policy=HTTP).parsebytes(head + self.body)
        return {
            str(part.get_param("name", header="content-disposition")): str(
                part.get_filename() or part.get_content()
            ).rstrip("\n")
            for part in message.iter_parts()
        }


@dataclass
class Ran:
    """How a command ended."""

    code: int
    output: str
    sent: Sent


@dataclass
class _Api:
    """What the API answers: about the image, and to what is posted."""

    image: tuple[int, Any] = (404, {})
    answer: tuple[int, Any] = (200, {})
    posted: list[Sent] = field(default_factory=list)

    def handler(self) -> type[BaseHTTPRequestHandler]:
        """A handler of requests to this API."""
        api = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.reply(*api.image)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                api.posted.append(Sent(self.path, self.headers["Content-Type"], body))
                self.reply(*api.answer)

            def reply(self, status: int, content: Any) -> None:
                kind = "text/plain" if isinstance(content, str) else "application/json"
                body = (content if isinstance(content, str) else json.dumps(content)).encode()
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *arguments: Any) -> None:
                pass

        return Handler


@dataclass
class Commands:
    """The SDK's commands in a folder with a chute, and an API for them."""

    folder: Path
    url: str
    api: _Api

    @classmethod
    @contextlib.contextmanager
    def ready(cls) -> Iterator["Commands"]:
        """Serve the API and stand in the folder for as long as this lasts."""
        api = _Api()
        server = ThreadingHTTPServer(("127.0.0.1", 0), api.handler())
        url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
                Path("chute.py").write_text(MODULE)
                commands = cls(Path(folder), url, api)
                with commands._signed_in(url):
                    yield commands
        finally:
            server.shutdown()
            server.server_close()

    @contextlib.contextmanager
    def _signed_in(self, url: str) -> Iterator[None]:
        """With these credentials and this address in the file that the SDK reads."""
        config = importlib.import_module("chutes.config")
        lines = ["[api]", f"base_url = {url}", "[auth]"] if url else ["[auth]"]
        lines += [f"{name} = {value}" for name, value in CREDENTIALS.items()]
        path = self.folder / "config.ini"
        path.write_text("\n".join(lines) + "\n")
        with (
            mock.patch.object(config, "CONFIG_PATH", str(path)),
            mock.patch.object(config, "_config", None),
        ):
            yield

    def addresses(self) -> dict[str, str]:
        """The API's address as the SDK finds it, by who names one."""
        config = importlib.import_module("chutes.config")
        found = {}
        cases = {
            "file and variable": ("http://file", "http://variable"),
            "variable": ("", "http://variable"),
            "neither": ("", None),
        }
        for name, (in_file, variable) in cases.items():
            environment = {k: v for k, v in os.environ.items() if k != "CHUTES_API_URL"}
            environment |= {"CHUTES_API_URL": variable} if variable else {}
            with mock.patch.dict("os.environ", environment, clear=True), self._signed_in(in_file):
                found[name] = config.get_config().generic.api_base_url
        return found

    def form(self) -> dict[str, str]:
        """What `chutes build` sends; of what is long, that it is there."""
        sent = self.build(202, {"image_id": "x"}).sent.form()
        long = {"image": "a pickle", "dockerfile": "a Dockerfile"}
        return sent | {name: value for name, value in long.items() if sent.get(name)}

    def build(self, status: int, answer: Any, image: int = 404, say: str = "y\n") -> Ran:
        """Run `chutes build`; `image` is what the API says of the image before."""
        self.api.image = (image, {"status": "built and pushed"})
        return self._run(status, answer, say, "build", "chute:chute")

    def deploy(
        self,
        status: int,
        answer: Any,
        *options: str,
        image: str = "built and pushed",
        say: str = "y\n",
    ) -> Ran:
        """Run `chutes deploy`; `image` is the status of the image."""
        self.api.image = (200, {"status": image})
        return self._run(status, answer, say, "deploy", "chute:chute", *options)

    def _run(self, status: int, answer: Any, say: str, *arguments: str) -> Ran:
        self.api.answer = (status, answer)
        self.api.posted.clear()
        testing = importlib.import_module("typer.testing")
        app = importlib.import_module("chutes.cli").app
        done = testing.CliRunner().invoke(app, arguments, input=say)
        # It logs to what was its standard output, which is closed now.
        importlib.import_module("loguru").logger.remove()
        output = re.sub(r"\x1b\[[0-9;]*m", "", done.output)
        sent = self.api.posted[0] if self.api.posted else Sent("", "", b"")
        return Ran(done.exit_code, output, sent)
