"""The platform's gateway as a chute experiences it, an interpretation of its public source.

It seals paths and bodies, calls a cord by its internal path with POST, understands only 200, 400
and 429, and counts everything else as a failure of the instance, which seven in a row end.
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

SEAL = b"sealed:"
FORWARDED = (400, 429)


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


@dataclass
class Gateway:
    """Forwards calls of public paths to one instance at `url`."""

    chute: Chute
    url: str
    failures: list[int] = field(default_factory=list)

    def call(self, method: str, path: str, content: bytes = b"{}") -> Reply:
        """Call a public path with a JSON body and decode the answer."""
        try:
            body = json.loads(content)
            orjson.dumps(body)
        except ValueError:
            return Reply(400, b'{"detail":"Invalid JSON"}')
        except (RecursionError, TypeError):
            return Reply(500, b'{"detail":"Internal Server Error"}')
        if not isinstance(body, dict):
            return Reply(500, b'{"detail":"Internal Server Error"}')
        cord = self._cord(method, path, bool(body.get("stream")))
        if cord is None:
            return Reply(404, b'{"detail":"No matching cord found!"}')
        with self._send(cord, body) as answer:
            answer.read()
            if answer.status_code in FORWARDED:
                return Reply(answer.status_code, answer.content)
            if answer.status_code != 200:
                self.failures.append(answer.status_code)
                return Reply(500, b'{"detail":"exhausted all available targets"}')
            if cord._stream:
                lines = [line for line in answer.content.splitlines() if line]
                return Reply(200, b"".join(map(_open, lines)), "text/event-stream")
            return self._decode(answer)

    def _cord(self, method: str, path: str, stream: bool) -> Cord | None:
        by_template = self.chute.standard_template == "vllm"
        for cord in self.chute.cords:
            same = cord.public_api_path == path and cord._public_api_method == method
            if same and (not by_template or cord._stream == stream):
                return cord
        return None

    @contextmanager
    def _send(self, cord: Cord, body: dict[str, Any]) -> Iterator[httpx.Response]:
        if self.chute.standard_template == "vllm" and cord._passthrough:
            body = {"json": body, "params": {}}
        with (
            httpx.Client(timeout=60, trust_env=False) as client,
            client.stream(
                "POST",
                f"{self.url}/{seal(cord.path.encode()).hex()}",
                content=base64.b64encode(seal(gzip.compress(orjson.dumps(body)))),
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
