"""A chute in front of an inference engine."""

from __future__ import annotations

import asyncio
import importlib
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import orjson
from chutes.chute.cord import Cord
from fastapi import HTTPException, Request
from pydantic import BaseModel
from starlette.middleware import Middleware

from chutekit import WrongUse
from chutekit.engines import metrics as engine_metrics
from chutekit.engines import pictures as pictures_in
from chutekit.engines import vocabulary
from chutekit.engines.engine import Engine, EngineFailed, EngineSettings, Launch, WarmUp
from chutekit.engines.passthrough import Passthrough
from chutekit.engines.pictures import Pictures
from chutekit.engines.relay import CLIENT_LEFT, EngineCord, fastest
from chutekit.engines.request import EngineRequest, Limits, limited
from chutekit.engines.streaming import StreamCord
from chutekit.serving import checksums, contract, logs, usage, weights
from chutekit.serving.app import ServedChute
from chutekit.serving.backend import stub_requested
from chutekit.serving.contract import RequestModel
from chutekit.serving.errors import (
    CONTEXT_EXCEEDED,
    Field,
    Refusal,
    internal_error,
    invalid,
    timed_out,
    too_busy,
)
from chutekit.serving.exchange import EXCHANGE, Exchange
from chutekit.serving.lifecycle import StartupError, development, step

# Safetensors only: other formats can run code when they are loaded.
FILES = ("*.safetensors", "*.json", "*.jinja", "*.txt", "*.model", "*.tiktoken")
UNUSED = ("original/*", "consolidated*", "metal/*")
LONGEST_MESSAGE = 300
# vLLM's sentence, which clients look for (litellm among them), and SGLang's two.
_TOO_LONG = re.compile(r"maximum context length|longer than the model's context length")


class LlmChute(ServedChute):
    """A `ServedChute` that owns an `Engine` and hands valid requests on to it."""

    def __init__(
        self, *, model: str = "", pictures: Pictures | None = None, **settings: Any
    ) -> None:
        usage.settings(type(self).__name__, {"model": model})
        super().__init__(**settings)
        self.model = model
        self.pictures = pictures or Pictures()
        self.engine = Engine(self.name)
        #: How many tokens the model has, once its files are there.
        self.vocabulary: int | None = None
        self.backend = "engine"
        self.pairs: dict[str, dict[bool, Cord]] = {}
        # Appended, and so inside of Contract: it sees valid requests only.
        self.user_middleware.append(Middleware(Passthrough, chute=self))
        self.add_exception_handler(HTTPException, _tell)
        self.add_exception_handler(TimeoutError, _tell)
        self._watching: asyncio.Task[None] | None = None

    def cord(
        self,
        *bare: object,
        request: type[RequestModel] | None = None,
        parse: contract.Parse | None = None,
        kind: type[Cord] = Cord,
        **settings: Any,
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """A cord that the chute answers itself, whose body the platform wraps like any other's."""
        if request is not None and parse is None:
            parse = partial(_own, request)
        return super().cord(*bare, request=request, parse=parse, kind=kind, **settings)

    def engine_cord(
        self,
        path: str,
        *,
        request: type[EngineRequest],
        kind: type[EngineCord] = EngineCord,
        engine_path: str | None = None,
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """A cord that the engine answers; plain and streamed ones may share a public path.

        Its function gets the answer, or each event of a stream, and returns what the client shall
        get. `engine_path` is where the engine answers, if that is not the public path.
        """
        usage.decorated("chute.engine_cord", path)
        usage.body(f"The cord at {path}", request, EngineRequest)
        if not (isinstance(kind, type) and issubclass(kind, EngineCord)):
            raise WrongUse(f"The cord at {path}: kind must be EngineCord or StreamCord.")
        stream = kind.streamed

        def register(function: Callable[..., Any]) -> Callable[..., Any]:
            wrapped = self.cord(
                kind=fastest(kind),
                request=request,
                parse=partial(self._read, request),
                told=request.ERRORS,
                stream=stream,
                passthrough=True,
                passthrough_port=self.engine.port,
                passthrough_path=engine_path or path,
                public_api_path=path,
                output_content_type="text/event-stream" if stream else "application/json",
            )(function)
            cord = self.cords[-1]
            self.pairs.setdefault(path, {})[stream] = cord
            if development():
                # The platform's gateway chooses between the two; here `Passthrough` does.
                self.add_api_route(cord.path, cord._request_handler, methods=["POST"])
            return wrapped

        return register

    def engine_cords(self, endpoints: Mapping[str, type[EngineRequest]], limits: Limits) -> None:
        """Cords that the engine answers, by public path, whose answers nobody changes.

        Where a request may be streamed there are two, unless the SDK's own cord must do: it seals
        lines, and of named events the gateway would take each second one for another model's.
        """
        for path, kind in endpoints.items():
            request = limited(kind, limits)
            name = path.removeprefix("/v1/").strip("/").replace("/", "_")
            self.engine_cord(path, request=request)(_unchanged(name))
            if "stream" in request.model_fields and fastest(StreamCord) is StreamCord:
                streamed = _unchanged(f"{name}_stream")
                self.engine_cord(path, request=request, kind=StreamCord)(streamed)

    def models(self, context_length: int) -> dict[str, Any]:
        """Return what GET /v1/models answers: the one model, under the chute's name."""
        model = {
            "id": self.name,
            "object": "model",
            "created": int(self.instance.started),
            "owned_by": self._username,
            "root": self.model,
            "max_model_len": context_length,
        }
        return {"object": "list", "data": [model]}

    def _read(self, kind: type[EngineRequest], body: Any) -> EngineRequest:
        """The platform wraps a body as `{json, params}`, unless it came encrypted end to end."""
        body, _ = _unwrapped(body)
        try:
            orjson.dumps(body)
        except (TypeError, ValueError):
            raise invalid("body", "must hold valid Unicode and ordinary numbers") from None
        request = contract.read(kind.model_validate, body, kind.REFUSED)
        assert isinstance(request, EngineRequest)
        if request.model not in (None, self.name, self.model):
            accepted = f"must be {self.name} or {self.model}"
            raise invalid("model", accepted, "model_not_found")
        vocabulary.check(request, self.vocabulary)
        pictures_in.check(request, self.pictures)
        return request

    def check_started(self) -> None:
        """StartupError when no start-up hook has started the engine."""
        if self._watching is None:
            raise StartupError("no start-up hook of chute.py awaited start_engine")

    async def start_engine(
        self,
        launch: Callable[[EngineSettings, str], Launch],
        settings: EngineSettings,
        warm_up: WarmUp,
        *,
        listed: str,
        gated: bool,
    ) -> None:
        """Fetch the weights, start the engine, await it, warm it up, watch it from then on.

        `launch` is one engine's; `listed` are the large files of the model's repository, a line
        `SHA-256 BYTES PATH` each. StartupError when any of it fails.
        """
        stub = stub_requested()
        self.backend = "stub" if stub else "engine"
        with step("weights"):
            folder = "" if stub else await self._weights(listed, gated)
            self.vocabulary = None if stub else vocabulary.size_of(Path(folder))
        if stub:
            launch = importlib.import_module("chutekit.testing.standins.engine").launch
        with step("engine"):
            self.instance.at_end(self.engine.end)
            settings = replace(
                settings, model_path=folder, served_name=self.name, port=self.engine.port
            )
            self.engine.start(launch(settings, self.engine.api_key))
            self.passthrough_headers = self.engine.headers
            await self._or_give_up(self.engine.ready())
        with step("warm-up"):
            await self._or_give_up(self.engine.warm_up(warm_up))
        engine_metrics.publish(lambda: self.engine.values, lambda: self.engine.up)
        self._watching = asyncio.create_task(self._watch())

    async def _weights(self, listed: str, gated: bool) -> str:
        assert self.revision is not None
        fetch = partial(
            weights.download, self.model, self.revision, FILES, ignore=UNUSED, gated=gated
        )
        folder = await weights.within(weights.DOWNLOAD_SECONDS, fetch, "The download")
        await weights.within(
            checksums.SECONDS, partial(checksums.check, folder, listed), "Reading the files"
        )
        await weights.verify(self.model, self.revision)
        return str(folder)

    async def _or_give_up(self, work: Awaitable[None]) -> None:
        try:
            await work
        except EngineFailed as error:
            raise StartupError(str(error)) from error

    async def _watch(self) -> None:
        """End the instance with its engine: a restart would take as long as a new instance."""
        try:
            await self.engine.watch()
        except EngineFailed as error:
            self.instance.fail(str(error))
        except Exception as error:
            logs.event("watch_failed", "error", **logs.describe(error))
            self.instance.fail("the engine is no longer watched")
        await asyncio.to_thread(self.engine.end)


def _unchanged(name: str) -> Callable[[Any], Any]:
    """The function of a cord whose answer goes to the client as the engine gave it."""

    def unchanged(answer: Any) -> Any:
        return answer

    unchanged.__name__ = name
    return unchanged


def _unwrapped(body: Any) -> tuple[Any, bool]:
    """What the client sent, and whether the platform had put it into `{json, params}`."""
    if isinstance(body, dict) and body.keys() == {"json", "params"}:
        return body["json"], True
    return body, False


def _own(kind: type[RequestModel], body: Any) -> BaseModel:
    """A request for the chute itself; the `model` that the platform adds is nobody's field."""
    body, wrapped = _unwrapped(body)
    if wrapped and isinstance(body, dict) and "model" not in kind.model_fields:
        body = {name: value for name, value in body.items() if name != "model"}
    return contract.read(kind.model_validate, body)


async def _tell(request: Request, error: Exception) -> None:
    """Say what the SDK's or the engine's error means in our own words; `Contract` answers it."""
    exchange: Exchange = request.scope[EXCHANGE]
    if exchange.seconds_left <= 0:
        raise timed_out(request.app.instance.request_seconds) from error
    if not isinstance(error, HTTPException):
        raise error
    raise _refusal(error.status_code, error.detail) from error


def _refusal(status: int, detail: Any) -> Refusal:
    if status == CLIENT_LEFT:
        return Refusal(CLIENT_LEFT, "client_left", "The client left.")
    if status == 429:
        return too_busy("The model's queue is full; try again shortly.")
    if status in (400, 404, 413, 422):
        told = detail.get("error", detail) if isinstance(detail, dict) else {}
        message = str(told.get("message") or "The model refused this request.")[:LONGEST_MESSAGE]
        param = told.get("param")
        fields = [Field(str(param), message)] if param else []
        code = CONTEXT_EXCEEDED if _TOO_LONG.search(message) else "invalid_request"
        return Refusal(400, code, message, fields)
    if status == 503:
        return Refusal(503, "engine_failed", detail if isinstance(detail, str) else "Unavailable.")
    return internal_error()
