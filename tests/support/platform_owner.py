"""The owner of an account who asks the double, as the SDK does, and an instance that answers."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
from substrateinterface import Keypair

from support.platform_double import Double
from support.platform_double.authentication import PURPOSES, new_key
from support.platform_double.entities import BUILT, Deployed, Image, Running
from support.platform_double.identity import Identity

CODE = "answer = 42\n"
NAME = "my-chute"
IMAGE = "11111111-2222-3333-4444-555555555555"
KEY_ID = "99999999-2222-3333-4444-555555555555"
SELECTOR = {"gpu_count": 1, "min_vram_gb_per_gpu": 48, "include": ["pro_6000"], "exclude": None}
CORD = {
    "method": "POST",
    "path": "/run",
    "public_api_path": "/run",
    "public_api_method": "POST",
    "stream": False,
    "function": "run",
    "passthrough": False,
}
CHUTE = {
    "name": NAME,
    "tagline": "A chute",
    "readme": "",
    "logo_id": None,
    "image": IMAGE,
    "public": False,
    "standard_template": None,
    "node_selector": SELECTOR,
    "filename": "chute.py",
    "ref_str": "chute:prod",
    "code": CODE,
    "concurrency": 4,
    "max_instances": 3,
    "scaling_threshold": 0.75,
    "shutdown_after_seconds": 300,
    "allow_external_egress": False,
    "encrypted_fs": False,
    "tee": True,
    "lock_modules": None,
    "revision": None,
    "cords": [CORD],
    "jobs": [],
}
FORM = {
    "username": "alice",
    "name": NAME,
    "tag": "one",
    "readme": "A chute",
    "dockerfile": "FROM base",
    "public": "False",
    "logo_id": "__none__",
    "wait": "False",
    "image": "cGlja2xl",
}


@dataclass
class Owner:
    """Asks the platform with signed requests."""

    double: Double
    identity: Identity

    def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Send one signed request."""
        request = httpx.Request(method, self.double.url + path, **options)
        with httpx.Client(timeout=30) as client:
            body = request.read()
            purpose = PURPOSES.get(path.split("?")[0].split("/")[1], "")
            subject = hashlib.sha256(body).hexdigest() if method in ("POST", "PUT") else purpose
            nonce = str(int(time.time()))
            keypair = Keypair.create_from_seed(seed_hex=self.identity.seed)
            message = f"{self.identity.address}:{nonce}:{subject}"
            request.headers["X-Chutes-Hotkey"] = self.identity.address
            request.headers["X-Chutes-Nonce"] = nonce
            request.headers["X-Chutes-Signature"] = keypair.sign(message.encode()).hex()
            request.headers["X-Chutes-Version"] = "0.6.9"
            return client.send(request)

    def get(self, path: str) -> httpx.Response:
        """Send a signed GET."""
        return self.ask("GET", path)

    def deploy(self, *, accept: bool = True, **changed: Any) -> httpx.Response:
        """Deploy a chute that is in order but for what is changed."""
        flag = "?accept_fee=true" if accept else ""
        return self.ask("POST", f"/chutes/{flag}", json={**CHUTE, **changed})

    def upload(self, **changed: str) -> httpx.Response:
        """Upload an image that is in order but for what is changed."""
        context = {"build_context": ("chute.zip", b"zip", "application/zip")}
        return self.ask("POST", "/images/", data={**FORM, **changed}, files=context)

    def deployed(self, **changed: Any) -> Deployed:
        """A chute that is there, with nothing of it in any cache."""
        answer = self.deploy(**changed)
        assert answer.status_code == 200, answer.text
        return self.double.world.chutes[answer.json()["chute_id"]]

    def call(self, chute: Deployed, path: str = "/run", **options: Any) -> httpx.Response:
        """Call a chute with a key that may."""
        headers = {"Authorization": f"Bearer {self.key()}"}
        url = f"{self.double.url}/chutes/{chute.chute_id}{path}"
        options = {"method": "POST", "json": {}, **options}
        if "content" in options:
            del options["json"]
        return httpx.request(url=url, headers=headers, timeout=30, **options)

    def key(self) -> str:
        """A key that may call every chute."""
        keys = self.double.world.keys
        if KEY_ID not in keys:
            secret = new_key(KEY_ID, self.identity.user_id)
            scope = {"object_type": "chutes", "object_id": None, "action": "invoke"}
            about = {"api_key_id": KEY_ID, "name": "all", "admin": False, "scopes": [scope]}
            keys[KEY_ID] = {**about, "secret_key": secret}
        return str(keys[KEY_ID]["secret_key"])


def built_image(double: Double) -> Image:
    """An image that is there since yesterday."""
    image = Image(IMAGE, NAME, "old", "FROM base", b"", double.world.clock.now() - 10**6, 0, BUILT)
    double.world.images[IMAGE] = image
    return image


Answer = tuple[int, dict[str, str], bytes | list[bytes]]
Say = Callable[[str, str, Any], Answer]


@dataclass
class Instances:
    """Stands in for the processes of instances: a local server that says what a test wants.

    An instance is known by its code; what it was asked is kept.
    """

    say: dict[str, Say] = field(default_factory=dict)
    asked: list[tuple[str, str, str, Any]] = field(default_factory=list)

    def url(self, reference: str, code: str, context: bytes) -> str:
        """Where the instance with that code answers."""
        return f"http://127.0.0.1:{self.server.server_port}/{code.strip().encode().hex()}"

    def end(self) -> None:
        """The fixture ends the server."""

    def serve(self) -> Iterator[Instances]:
        """Answer until the test is over."""
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                outer.answer(self)

            do_GET = do_POST  # noqa: N815 (the base class names it)

            def log_message(self, format: str, *arguments: object) -> None:
                """Keep quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        yield self
        self.server.shutdown()
        self.server.server_close()

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        """Note what is asked, and answer it in one piece or in several; None breaks off."""
        _, code, path = handler.path.split("/", 2)
        name = bytes.fromhex(code).decode()
        content = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        body = json.loads(content) if content else None
        self.asked.append((name, handler.command, f"/{path}", body))
        status, headers, answer = self.say[name](handler.command, f"/{path}", body)
        handler.send_response(status)
        for header, value in {"Content-Type": "application/json", **headers}.items():
            handler.send_header(header, value)
        if isinstance(answer, bytes):
            handler.send_header("Content-Length", str(len(answer)))
            handler.end_headers()
            handler.wfile.write(answer)
            return
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        for piece in answer:
            if not piece:
                handler.close_connection = True
                return
            handler.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
            handler.wfile.flush()
        handler.wfile.write(b"0\r\n\r\n")


def add_instance(double: Double, chute: Deployed, code: str = CODE) -> Running:
    """An active instance of a chute, known by its code."""
    number = str(len(chute.instances))
    running = Running(f"{chute.chute_id}-{number}", chute.version, code, IMAGE, 0.0)
    chute.instances.append(running)
    return running
