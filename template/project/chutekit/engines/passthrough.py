"""The step between a valid request and the SDK's passthrough cords."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chutekit.engines import grammars
from chutekit.engines.request import EngineRequest
from chutekit.serving.contract import Job
from chutekit.serving.errors import invalid
from chutekit.serving.exchange import EXCHANGE
from chutekit.serving.lifecycle import development

if TYPE_CHECKING:
    from chutekit.engines.llm_chute import LlmChute


class Passthrough:
    """The innermost middleware: puts what the engine shall get where the SDK takes it from."""

    def __init__(self, app: ASGIApp, chute: LlmChute) -> None:
        self.app = app
        self.chute = chute

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on other requests as they are."""
        job = scope.get("state", {}).get("decrypted")
        if not isinstance(job, Job) or not isinstance(job.request, EngineRequest):
            return await self.app(scope, receive, send)
        body = job.request.upstream(self.chute.name)
        stream = job.request.streamed
        if development():
            cord = self.chute.pairs[scope["path"]].get(stream)
            if cord is None:
                raise invalid("stream", "is not possible with this version of the SDK")
            scope["path"] = cord.path
            name = next(route.name for served, route in self.chute.served if served is cord)
            scope[EXCHANGE].route = name
        scope["state"] |= {
            "decrypted": {
                "json": body,
                "params": {},
                # The SDK's name for it. Zero would be no limit.
                "timeout": max(job.exchange.seconds_left, 0.001),
            },
            "repeatable": job.request.repeatable,
            "grammar": grammars.asked(body),
            "events": job.request.EVENTS,
        }

        async def labelled(message: Message) -> None:
            # The SDK gives a stream no content type; the gateway does, development does not.
            if stream and message["type"] == "http.response.start" and message["status"] == 200:
                others = [pair for pair in message["headers"] if pair[0] != b"content-type"]
                message["headers"] = [*others, (b"content-type", b"text/event-stream")]
            await send(message)

        return await self.app(scope, receive, labelled)
