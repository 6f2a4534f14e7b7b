"""The innermost middleware: admits, validates and bounds requests before a cord sees them.

The SDK's own validation turns `{}` into a 500, loses which field was wrong and lets NaN and
unknown fields pass. It leaves alone a body that is not a dict, so a `Job` takes its place.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.types import ASGIApp, Receive, Scope, Send

from chutekit.serving import logs
from chutekit.serving.errors import Refusal, from_validation, internal_error, invalid, too_busy
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
    cancelled: bool = False

    def note(self, **fields: Any) -> None:
        """Add facts to the request's line in the log. Never anything the client wrote."""
        self.exchange.fields.update(fields)


@dataclass(frozen=True)
class Route:
    """One cord: its name in logs, and how to read a body; None when it takes none."""

    name: str
    parse: Parse | None


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
            route = self.routes.get((scope["method"], scope["path"]))
            if route is None:
                raise Refusal(400, "unknown_route", "This method and path are not served here.")
            exchange.route = route.name
            if route.parse is None:
                await self._look(scope, receive, answer)
            else:
                await self._work(route.parse, exchange, scope, receive, answer)
        except Refusal as refusal:
            await refuse(refusal, exchange, answer)
        except Exception as error:
            logs.event("request_failed", "error", request_id=exchange.id, **logs.describe(error))
            await refuse(internal_error(), exchange, answer)

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


def read(parse: Parse, body: Any) -> BaseModel:
    """A valid request, or a Refusal that names every wrong field."""
    try:
        return parse(body)
    except ValidationError as error:
        raise from_validation(error, body) from None
    except RecursionError:
        raise invalid("body", "is nested too deeply") from None
