"""The innermost middleware: admits, validates and bounds requests before a cord sees them.

The SDK's own validation turns `{}` into a 500, loses which field was wrong and lets NaN and
unknown fields pass. It leaves alone a body that is not a dict, so a `Job` takes its place.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chutekit.serving import logs
from chutekit.serving.errors import (
    Refusal,
    Told,
    body,
    from_validation,
    internal_error,
    invalid,
    too_busy,
)
from chutekit.serving.exchange import EXCHANGE, Answer, Exchange, refuse
from chutekit.serving.instance import Instance, Phase

Parse = Callable[[Any], BaseModel]
Request = TypeVar("Request", bound=BaseModel)


class RequestModel(BaseModel):
    """A request body: no unknown fields, no conversions between types, no NaN."""

    model_config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False, frozen=True)


@dataclass(slots=True)
class Job(Generic[Request]):
    """What a cord gets instead of a body: a valid request, and whether anybody still waits.

    `cancelled` is true once the request is over, which it is at once when the client leaves: the
    SDK watches for that and goes on without the thread the cord runs in.
    """

    request: Request
    exchange: Exchange

    @property
    def cancelled(self) -> bool:
        """Whether nobody waits any more, for this or whatever else the same client asked for."""
        return self.exchange.over

    @cancelled.setter
    def cancelled(self, over: bool) -> None:
        self.exchange.over = over

    def note(self, **fields: Any) -> None:
        """Add facts to the request's line in the log. Never anything the client wrote."""
        self.exchange.fields.update(fields)


@dataclass(frozen=True)
class Route:
    """One cord: its name in logs, how to read a body, or None when it takes none, and its errors'
    shape."""

    name: str
    parse: Parse | None
    told: Told = body


class Contract:
    """ASGI middleware, added when the chute is made, so that the SDK's ends up outside of it."""

    def __init__(
        self, app: ASGIApp, instance: Instance, routes: Mapping[tuple[str, str], Route]
    ) -> None:
        self.app = app
        self.instance = instance
        self.routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is valid and admitted, answer everything else."""
        if scope["type"] != "http" or scope["path"].startswith("/_"):
            return await self.app(scope, receive, send)
        exchange: Exchange = scope[EXCHANGE]
        answer = Answer(send)
        try:
            if scope["method"] == "OPTIONS" and (served := self._methods(scope["path"])):
                return await tell_methods(served, answer)
            if scope["method"] == "HEAD":
                scope, answer = {**scope, "method": "GET"}, Answer(without_content(send))
            route = self.routes.get((scope["method"], scope["path"]))
            if route is None:
                raise self._unknown(scope["path"])
            exchange.route, exchange.told = route.name, route.told
            if route.parse is None:
                await self._look(scope, receive, answer)
            else:
                await self._work(route.parse, exchange, scope, receive, answer)
        except Refusal as refusal:
            await refuse(refusal, exchange, answer)
        except Exception as error:
            logs.event("request_failed", "error", request_id=exchange.id, **logs.describe(error))
            await refuse(internal_error(), exchange, answer)

    def _methods(self, path: str) -> list[str]:
        """What a path is served with."""
        served = [method for method, known in self.routes if known == path]
        return [*served, *(["HEAD"] if "GET" in served else [])]

    def _unknown(self, path: str) -> Refusal:
        """The refusal of what is not served; a 400, because the platform hands on no 404."""
        told = "This method and path are not served here."
        if served := self._methods(path):
            told = f"This path is served with {' and '.join(served)} only."
        elif self._methods(path.rstrip("/")):
            told = "This path is served without the slash at its end."
        return Refusal(400, "unknown_route", told)

    async def _look(self, scope: Scope, receive: Receive, answer: Answer) -> None:
        """Serve a cord that takes no body and does no work, such as /health."""
        if self.instance.phase in (Phase.DRAINING, Phase.FAILED):
            raise Refusal(503, self.instance.phase, "This instance is about to end.")
        scope.setdefault("state", {})["decrypted"] = None
        await self.app(scope, receive, answer)

    async def _work(
        self, parse: Parse, exchange: Exchange, scope: Scope, receive: Receive, answer: Answer
    ) -> None:
        self.instance.check_ready()
        state = scope.setdefault("state", {})
        job = Job(read(parse, state.get("decrypted")), exchange)
        state["decrypted"] = job
        if exchange.seconds_left <= 0:
            raise too_busy("The request waited for as long as it may take; try again shortly.")
        with self.instance.work():
            try:
                await self.app(scope, receive, answer)
            finally:
                job.cancelled = True
        if answer.status == 200:
            self.instance.succeeded()


async def tell_methods(served: list[str], answer: Answer) -> None:
    """Answer an OPTIONS request."""
    allow = (b"allow", ", ".join([*served, "OPTIONS"]).encode())
    await answer({"type": "http.response.start", "status": 204, "headers": [allow]})
    await answer({"type": "http.response.body", "body": b""})


def without_content(send: Send) -> Send:
    """`send` for a HEAD request: status and headers alone."""

    async def headers_alone(message: Message) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return headers_alone


def read(parse: Parse, given: Any, reasons: Mapping[str, str] | None = None) -> BaseModel:
    """A valid request, or a Refusal that names every wrong field."""
    try:
        return parse(given)
    except ValidationError as error:
        raise from_validation(error, given, reasons) from None
    except RecursionError:
        raise invalid("body", "is nested too deeply") from None
