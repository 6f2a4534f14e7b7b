"""The outermost layer, around the SDK's own middleware: nothing leaves without passing here.

The SDK's development middleware parses the body outside of every handler a chute can register,
so wrong JSON, and any exception, can only be caught from here.
"""

import asyncio
import json
import os
import re
import time
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chutekit.serving import logs, metrics
from chutekit.serving.errors import Refusal, internal_error, invalid
from chutekit.serving.exchange import EXCHANGE, Answer, Exchange, refuse
from chutekit.serving.instance import Instance

# On the platform a body arrives compressed, encrypted and base64-encoded.
ENCRYPTION_FACTOR = 2
# What is read and thrown away of a body that is too large: a server that answers a client which is
# still sending closes the connection, and the answer may be lost.
DISCARDED_BYTES = 64 * 2**20
#: From the head of a request to the end of its body, of which the gateway has all when it begins.
BODY_SECONDS = 60.0
# How many calls further inside than here a body is parsed again, at most. Of calls and brackets
# together Python allows about 1,000.
FRAMES = 200
METHODS_WITH_BODY = ("POST", "PUT", "PATCH")
# What a client calls its request, if it could be nothing else than a name: logs hold no prompts.
SAFE_NAME = re.compile(rb"[A-Za-z0-9_.-]{1,64}")


class Edge:
    """Bounds and checks bodies, logs and counts every answer, and never lets a trace out."""

    def __init__(
        self, app: ASGIApp, instance: Instance, max_body_bytes: int, encrypted: bool
    ) -> None:
        self.app = app
        self.instance = instance
        self.encrypted = encrypted
        self.max_body_bytes = max_body_bytes * (ENCRYPTION_FACTOR if encrypted else 1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["path"].startswith("/_"):
            return await self.app(scope, receive, send)
        started = time.perf_counter()
        deadline = time.monotonic() + self.instance.request_seconds
        exchange = Exchange(os.urandom(16).hex(), deadline=deadline)
        scope[EXCHANGE] = exchange
        named = dict(scope["headers"]).get(b"x-request-id", b"")
        if SAFE_NAME.fullmatch(named):
            exchange.fields["client_request_id"] = named.decode()
        # The server shares one dict among all requests of a connection.
        scope["state"] = {}
        answer = Answer(send, (b"x-request-id", exchange.id.encode()))
        with self.instance.exchange():
            try:
                body = await self._in_time(receive)
                if scope["method"] in METHODS_WITH_BODY and not self.encrypted:
                    check_json(body)
                await self.app(scope, _replay(body, receive), answer)
            except Refusal as refusal:
                await refuse(refusal, exchange, answer)
            except Exception as error:
                logs.event(
                    "request_failed", "error", request_id=exchange.id, **logs.describe(error)
                )
                await refuse(internal_error(), exchange, answer)
            finally:
                # On the platform the path can only be read now. Its own probes are no requests.
                if not scope["path"].startswith("/_"):
                    self._account(exchange, answer.status, time.perf_counter() - started)

    async def _in_time(self, receive: Receive) -> bytes:
        try:
            async with asyncio.timeout(BODY_SECONDS):
                return await self._body(receive)
        except TimeoutError:
            raise invalid("body", f"must arrive within {BODY_SECONDS:.0f} s", "timeout") from None

    async def _body(self, receive: Receive) -> bytes:
        """The whole body, within its bound."""
        chunks: list[bytes] = []
        size = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise Refusal(400, "client_left", "The request ended before its body was complete.")
            chunk = message.get("body", b"")
            size += len(chunk)
            more = message.get("more_body", False)
            if size <= self.max_body_bytes:
                chunks.append(chunk)
                if not more:
                    return b"".join(chunks)
            elif not more or size > self.max_body_bytes + DISCARDED_BYTES:
                raise invalid("body", f"must be at most {self.max_body_bytes} bytes", "too_large")

    def _account(self, exchange: Exchange, status: int | None, seconds: float) -> None:
        outcome = status or 499
        metrics.requests(exchange.route, outcome).inc()
        metrics.request_seconds(exchange.route).observe(seconds)
        logs.event(
            "request",
            "info" if outcome < 500 else "error",
            request_id=exchange.id,
            route=exchange.route,
            status=outcome,
            seconds=round(seconds, 4),
            **exchange.fields,
        )


def check_json(body: bytes) -> None:
    """Refusal unless the body is JSON. NaN may pass: the request's model names its field."""
    try:
        _parse(body, FRAMES)
    except RecursionError:
        raise invalid("body", "is nested too deeply", "invalid_json") from None
    except ValueError:
        raise invalid("body", "is not valid JSON", "invalid_json") from None


def _parse(body: bytes, frames: int) -> None:
    """Parse it where whoever does so next may stand."""
    if frames:
        _parse(body, frames - 1)
    else:
        json.loads(body)


def _replay(body: bytes, receive: Receive) -> Receive:
    """`receive` that hands out a body that was read before, then what really comes next."""
    pending: list[dict[str, Any]] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replayed() -> Message:
        return pending.pop() if pending else await receive()

    return replayed
