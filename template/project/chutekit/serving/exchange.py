"""One request and its answer, as the middleware layers see it."""

import json
import math
import time
from dataclasses import dataclass, field
from typing import Any

from starlette.types import Message, Send

from chutekit.serving import metrics
from chutekit.serving.errors import Refusal, Told, body

# The key in the ASGI scope under which all layers find the exchange.
EXCHANGE = "chute.exchange"


@dataclass(slots=True)
class Exchange:
    """What the access log will say about a request. `fields` never hold what a client wrote.

    `deadline` is when it must have its answer, on the monotonic clock, `over` is true from then on
    when nobody waits for one. `told` makes an error's body.
    """

    id: str
    route: str = "unknown"
    fields: dict[str, Any] = field(default_factory=dict)
    deadline: float = math.inf
    told: Told = body
    over: bool = False

    @property
    def seconds_left(self) -> float:
        """How long the request may still take."""
        return self.deadline - time.monotonic()


class Answer:
    """`send` that remembers the status an answer began with, and can add a header to it."""

    def __init__(self, send: Send, *extra: tuple[bytes, bytes]) -> None:
        self._send = send
        self._extra = extra
        self.status: int | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message = {**message, "headers": [*message.get("headers", ()), *self._extra]}
        await self._send(message)


async def refuse(refusal: Refusal, exchange: Exchange, answer: Answer) -> None:
    """Answer with an error; once an answer has begun it can only be cut short."""
    exchange.fields["code"] = refusal.code
    metrics.REFUSALS.labels(exchange.route, refusal.code).inc()
    if answer.status is not None:
        return
    # One line without spaces, because the platform hands it on inside of a text. Escapes keep half
    # a surrogate pair, which a field name may hold, from breaking the answer.
    content = json.dumps(exchange.told(refusal, exchange.id), separators=(",", ":")).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(content)).encode()),
    ]
    if refusal.status == 429:
        headers.append((b"retry-after", b"1"))
    await answer({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await answer({"type": "http.response.body", "body": content})
