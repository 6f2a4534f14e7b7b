"""A call, its client, and what can become of it at an instance."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web


class BadRequestError(Exception):
    """The instance says that the request is bad, with the body it said it with."""


class OverloadedError(Exception):
    """The instance has too much to do."""


class InstanceError(Exception):
    """The instance failed; `at_once` when it is removed for it."""

    def __init__(self, why: str, *, at_once: bool = False) -> None:
        super().__init__(why)
        self.at_once = at_once


@dataclass(frozen=True)
class Call:
    """A request as the gateway sends it on."""

    method: str
    path: str
    cord: dict[str, Any]
    body: dict[str, Any]
    params: dict[str, str]
    stream: bool


@dataclass
class Client:
    """Who made a request, and the stream that has begun to go to them."""

    request: web.Request
    response: web.StreamResponse | None = None
    #: Set when the stream begins, from when on the ingress waits for its end.
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    #: The ingress has answered already.
    gone: bool = False

    async def write(self, chunk: bytes) -> None:
        """Send a piece of a stream; the first one begins it."""
        if self.gone:
            return
        if self.response is None:
            self.response = web.StreamResponse(
                headers={
                    "Content-Type": "text/event-stream; charset=utf-8",
                    "X-Chutes-InvocationID": str(uuid.uuid4()),
                    "Cache-Control": "no-cache, no-transform",
                    "X-Accel-Buffering": "no",
                }
            )
            self.begun.set()
            await self.response.prepare(self.request)
        await self.response.write(chunk)
