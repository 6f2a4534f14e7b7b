"""Ways in which a request can fail."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field

from aiohttp import web

HTML = "<html><body><h1>500 Internal Server Error</h1></body></html>"
SECONDS_OF_HANGING = 120

DETAILS = {
    400: "TEE private deployments are limited at this time.",
    401: "Can't find a user with that api key in our db :(",
    402: "You must have a balance of >= $50 to create images.",
    403: "This chute is immutable and cannot be modified. Only deletion is allowed.",
    404: "Not found, or does not belong to you",
    409: "Chute/version already exists",
    422: [{"type": "value_error", "loc": ["body", "node_selector"], "msg": "Value error, no"}],
    429: "You many only update/create 24 chutehistorys per 24 hours.",
    500: "Internal Server Error",
    503: "Service unavailable",
}


@dataclass
class Fault:
    """Makes requests fail: those of a method whose path matches, the first `times` of them.

    `kind` is a status, or "html", "hang" or "reset". `client` is "cli" for the SDK's command
    line, "ops" for everybody else.
    """

    method: str
    path: str
    kind: str
    client: str = ""
    times: int = 10**9
    seen: list[str] = field(default_factory=list)

    def strikes(self, request: web.Request) -> bool:
        """Tell whether this request is to fail."""
        agent = request.headers.get("User-Agent", "")
        client = "cli" if "aiohttp" in agent else "ops"
        if (
            request.method != self.method
            or not re.fullmatch(self.path, request.path)
            or self.client not in ("", client)
            or len(self.seen) >= self.times
        ):
            return False
        self.seen.append(request.path)
        return True

    async def fail(self, request: web.Request) -> web.StreamResponse:
        """Let the request fail."""
        if self.kind == "hang":
            await asyncio.sleep(SECONDS_OF_HANGING)
        if self.kind in ("hang", "reset"):
            if request.transport:
                request.transport.abort()
            return web.Response()
        if self.kind == "html":
            return web.Response(status=500, text=HTML, content_type="text/html")
        status = int(self.kind)
        return web.json_response({"detail": DETAILS[status]}, status=status)
