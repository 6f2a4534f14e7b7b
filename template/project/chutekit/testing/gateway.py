"""The platform's gateway as a chute experiences it, an interpretation of its public source.

It seals paths and bodies, calls a cord by its internal path with POST, understands only 200, 400
and 429, and counts everything else as a failure of the instance, which seven in a row end. Of a 400
it hands on the body as a text, of a 429 nothing.
"""

import base64
import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import orjson
from chutes.chute import Chute
from chutes.chute.cord import Cord

from chutekit.testing.rewriting import Refused, rewrite

SEAL = b"sealed:"
FULL = "Infrastructure is at maximum capacity, try again later"


def seal(plain: bytes) -> bytes:
    """Stands in for the platform's encryption: reversible, and useless when left out."""
    return SEAL + plain[::-1]


def unseal(sealed: bytes) -> bytes | None:
    """The inverse of `seal`; None, as the platform's own, when it is not sealed."""
    return sealed[len(SEAL) :][::-1] if sealed.startswith(SEAL) else None


@dataclass
class Reply:
    """What the client of the platform gets."""

    status: int
    content: bytes
    media_type: str = "application/json"

    def json(self) -> Any:
        """The body, parsed."""
        return json.loads(self.content)

    @property
    def error(self) -> Any:
        """The error the chute answered with, taken out as the README shows."""
        detail = self.json()["detail"]
        return json.loads(detail[detail.index("{") :])["error"]


def told(status: int, detail: str) -> Reply:
    """An answer of the gateway's own."""
    return Reply(status, json.dumps({"detail": detail}, ensure_ascii=False).encode())


CRASHED = Reply(500, b"Internal Server Error", "text/plain")


@dataclass
class Gateway:
    """Forwards calls of public paths to one instance at `url`."""

    chute: Chute
    url: str
    failures: list[int] = field(default_factory=list)

    def call(self, method: str, path: str, content: bytes = b"{}") -> Reply:
        """Call a public path with a JSON body, as bytes, and decode the answer."""
        if not isinstance(content, bytes):
            kind = type(content).__name__
            raise TypeError(f"content must be bytes, as of json.dumps(...).encode(), not {kind}")
        vllm = self.chute.standard_template == "vllm"
        try:
            body = json.loads(content) if method == "POST" else {}
        except ValueError as error:
            return told(400, f"invalid request JSON payload: {error}")
        except RecursionError:
            return CRASHED
        if not isinstance(body, dict):
            return CRASHED
        cord = self._cord(method, path, body.get("stream", False))
        if cord is None:
            return told(404, "No matching cord found!")
        try:
            if vllm:
                rewrite(body, self.chute.name)
            wrapped = {"json": body, "params": {}} if vllm or cord._passthrough else body
            payload = orjson.dumps(wrapped)
        except Refused as refused:
            return told(400, str(refused))
        except (AttributeError, TypeError):
            return CRASHED
        with self._send(cord, payload) as answer:
            answer.read()
            if answer.status_code == 400:
                return told(400, f"Invalid request: Invalid request: {answer.text}")
            if answer.status_code == 429:
                return told(429, FULL)
            if answer.status_code != 200:
                self.failures.append(answer.status_code)
                return told(500, "exhausted all available targets to no avail")
            if cord._stream:
                pieces = [_open(line) for line in answer.content.splitlines() if line]
                if vllm and not all(map(self._of_its_model, pieces)):
                    self.failures.append(0)
                return Reply(200, b"".join(pieces), "text/event-stream")
            return self._decode(answer)

    def _cord(self, method: str, path: str, stream: object) -> Cord | None:
        """The cord of exactly this path and, for the template, of exactly this `stream`."""
        by_template = self.chute.standard_template == "vllm"
        for cord in self.chute.cords:
            same = cord.public_api_path == path and cord._public_api_method == method
            if same and (not by_template or cord._stream == stream):
                return cord
        return None

    def _of_its_model(self, piece: bytes) -> bool:
        """Whether a piece of a stream is one that the gateway does not look into, or names the
        chute: it looks into whatever begins as the older API's data, on any path."""
        if not piece.startswith(b"data: {"):
            return True
        told = json.loads(piece.removeprefix(b"data: "))
        return bool(told.get("model") == self.chute.name or told.get("error"))

    @contextmanager
    def _send(self, cord: Cord, payload: bytes) -> Iterator[httpx.Response]:
        with (
            httpx.Client(timeout=60, trust_env=False) as client,
            client.stream(
                "POST",
                f"{self.url}/{seal(cord.path.encode()).hex()}",
                content=base64.b64encode(seal(gzip.compress(payload))),
            ) as answer,
        ):
            yield answer

    def _decode(self, answer: httpx.Response) -> Reply:
        try:
            envelope = answer.json()
            if "json" in envelope:
                return Reply(200, _open(envelope["json"]))
            # The gateway looks at neither the status nor the headers inside of the envelope.
            return Reply(200, _open(envelope["body"]), envelope["media_type"])
        except (KeyError, TypeError, ValueError):
            self.failures.append(0)
            return Reply(500, b'{"detail":"undecodable"}')


def _open(sealed: str | bytes) -> bytes:
    plain = unseal(base64.b64decode(sealed))
    if plain is None:
        raise ValueError("not sealed")
    return gzip.decompress(plain)
