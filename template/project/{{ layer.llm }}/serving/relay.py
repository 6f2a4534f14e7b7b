"""The way from a cord to the engine and back.

The SDK's passthrough cord opens a connection per call, relays line by line and asks for each line
whether the client is still there, which costs a third of the throughput at 64 streams. `EngineCord`
replaces its two methods that do this. They are private to the SDK, so it is used only while they
look as they did in the SDK it was written for; otherwise the SDK's own cord does the same, slower.
"""

from __future__ import annotations

import asyncio
import inspect
import os
import time
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from hashlib import sha256
from typing import Any, Protocol, TypeVar

import aiohttp
import orjson
from chutes import metrics as sdk_metrics
from chutes.chute.cord import Cord
from fastapi import HTTPException, Request
from prometheus_client import Counter

from serving import sse
from serving.engine import Engine
from serving.engine_metrics import FIRST_TOKEN_SECONDS, TOKEN_SECONDS
from serving.errors import Refusal
from serving.exchange import EXCHANGE, Exchange

CLIENT_LEFT = 499
# A chunk takes the SDK and its server some 150 microseconds, whatever is in it. Many fast streams
# would take a whole core from the engine, so together they are held to this rate, and what a stream
# gets meanwhile goes out as one chunk. Nobody waits for a first token.
CHUNKS_PER_SECOND = 1000
SHORTEST_PAUSE, LONGEST_PAUSE = 0.005, 0.1
STREAM_BROKE = Refusal(503, "engine_failed", "The model stopped in the middle of this answer.")

CACHE_HITS = Counter("llm_cache_hits", "Requests answered from the cache.")

Result = TypeVar("Result")


class AnswerCache(Protocol):
    """What `serving/cache.py` offers when the chute has a cache."""

    def get(self, key: str) -> bytes | None:
        """The value, or None when it is not there."""

    def put(self, key: str, value: bytes) -> None:
        """Keep the value for a while."""


class EngineCord(Cord):
    """A passthrough cord on the server's own event loop, over pooled connections."""

    @asynccontextmanager
    async def _passthrough_call(
        self, request: Request, **kwargs: Any
    ) -> AsyncIterator[aiohttp.ClientResponse | Whole]:
        engine: Engine = self._app.engine
        key = cache_key(self, kwargs["json"]) if self._app.cache and not self._stream else None
        if key and (known := await asyncio.to_thread(self._app.cache.get, key)):
            request.scope[EXCHANGE].fields["cache"] = "hit"
            CACHE_HITS.inc()
            yield Whole(known, orjson.loads(known))
            return
        call = engine.session.request(
            self._method,
            self.passthrough_path,
            data=orjson.dumps(kwargs["json"]),
            headers=engine.headers | {"Content-Type": "application/json"},
        )
        with engine.request():
            try:
                # A plain call is watched by the SDK, and two must not listen to one client.
                response = await (unless_gone(request, call) if self._stream else call)
                async with response:
                    if response.status != 200:
                        raise HTTPException(response.status, await _detail(response))
                    if self._stream:
                        yield response
                        return
                    whole = await _whole(response, request)
            except (aiohttp.ClientError, TimeoutError) as error:
                raise HTTPException(503, "The model did not answer.") from error
        if key:
            await asyncio.to_thread(self._app.cache.put, key, await whole.read())
        yield whole

    async def _remote_stream_call(
        self, request: Request, *args: Any, **kwargs: Any
    ) -> AsyncIterator[bytes | str]:
        encrypt = getattr(request.state, "_encrypt", None)
        end_to_end = getattr(request.state, "e2e", False)
        started = time.perf_counter()
        status = 200
        try:
            async for events in self._events(request, kwargs):
                # The gateway reads each line by itself; the SDK seals each item end to end.
                if encrypt:
                    yield "".join(encrypt(event) + "\n" for event in events)
                elif end_to_end:
                    for event in events:
                        yield event
                else:
                    yield b"".join(events)
        except HTTPException as error:
            status = error.status_code
            raise
        except asyncio.CancelledError:
            status = CLIENT_LEFT
            raise
        finally:
            labels = {"chute_id": self._app.uid, "function": self._func.__name__}
            sdk_metrics.last_request_timestamp.labels(**labels).set_to_current_time()
            sdk_metrics.total_requests.labels(**labels, status=status).inc()
            sdk_metrics.request_duration.labels(**labels, status=status).observe(
                time.perf_counter() - started
            )

    async def _events(self, request: Request, kwargs: dict[str, Any]) -> AsyncIterator[list[bytes]]:
        """Yield the engine's events, and an error as an event once the answer has begun."""
        exchange: Exchange = request.scope[EXCHANGE]
        started = first = time.perf_counter()
        count = 0
        counts: dict[str, int] = {}
        try:
            async with self._passthrough_call(request, **kwargs) as response:
                arriving = sse.whole_events(response.content)
                events = await unless_gone(request, anext(arriving))
                first = time.perf_counter()
                yield events
                async for events in arriving:
                    count += len(events)
                    counts = sse.usage(events) or counts
                    yield events
                    pause = self._app.engine.in_flight / CHUNKS_PER_SECOND
                    if pause > SHORTEST_PAUSE:
                        await asyncio.sleep(min(pause, LONGEST_PAUSE))
        except (sse.BrokenStream, HTTPException) as error:
            if first == started:
                raise _not_begun(error) from error
            exchange.fields["code"] = STREAM_BROKE.code
            yield [sse.error_event(STREAM_BROKE, exchange.id)]
        finally:
            if first > started:
                FIRST_TOKEN_SECONDS.observe(first - started)
                exchange.fields["first_token_seconds"] = round(first - started, 4)
            if count:
                TOKEN_SECONDS.observe((time.perf_counter() - first) / count)
            exchange.fields.update(counts)


def _not_begun(error: sse.BrokenStream | HTTPException) -> HTTPException:
    """What a stream is answered with that broke before its first event."""
    if isinstance(error, HTTPException):
        return error
    code = error.reason.get("code")
    if isinstance(code, int) and 400 <= code < 500:
        return HTTPException(code, error.reason)
    return HTTPException(503, "The model's answer could not be read.")


class Whole:
    """A complete answer, with as much of aiohttp's response as the SDK reads of it."""

    status = 200

    def __init__(self, content: bytes, answer: dict[str, Any]) -> None:
        self._content = content
        self._answer = answer

    async def read(self) -> bytes:
        """Return it as it arrived."""
        return self._content

    async def json(self) -> dict[str, Any]:
        """Return what it says."""
        return self._answer


def cache_key(cord: Cord, body: dict[str, Any]) -> str | None:
    """Return the key of a request that gives the same answer each time, or None."""
    if body.get("temperature") != 0 and "seed" not in body:
        return None
    everything = [cord._app.revision, cord.passthrough_path, body]
    return sha256(orjson.dumps(everything, option=orjson.OPT_SORT_KEYS)).hexdigest()


async def unless_gone(request: Request, work: Awaitable[Result]) -> Result:
    """Wait for it, but not longer than the client does; the SDK listens only from then on."""
    working = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(_left(request))
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        raise HTTPException(CLIENT_LEFT, "The client left.")
    finally:
        for task in (working, leaving):
            task.cancel()
        await asyncio.gather(working, leaving, return_exceptions=True)


async def _left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _whole(response: aiohttp.ClientResponse, request: Request) -> Whole:
    content = await response.read()
    try:
        answer = orjson.loads(content)
        counts = sse.token_counts(answer.get("usage"))
    except (ValueError, AttributeError) as error:
        raise HTTPException(503, "The model's answer could not be read.") from error
    request.scope[EXCHANGE].fields.update(counts)
    return Whole(content, answer)


async def _detail(response: aiohttp.ClientResponse) -> Any:
    content = await response.read()
    try:
        return orjson.loads(content)
    except ValueError:
        return None


def sdk_is_known() -> bool:
    """Whether the SDK calls and encrypts as `EngineCord` expects."""
    known = {"_passthrough_call": ["self", "request", "kwargs"],
             "_remote_stream_call": ["self", "request", "args", "kwargs"],
             "_remote_call": ["self", "request", "args", "kwargs"],
             "_request_handler": ["self", "request"]}  # fmt: skip
    for name, parameters in known.items():
        method = getattr(Cord, name, None)
        if method is None or list(inspect.signature(method).parameters) != parameters:
            return False
    # Looked up by name on the request: under another one we would send plain text.
    encrypts = "_encrypt" in Cord._remote_stream_call.__code__.co_consts
    streams = "_remote_stream_call" in Cord._request_handler.__code__.co_names
    return encrypts and streams and "_passthrough_call" in _names(Cord._remote_call)


def _names(function: Any) -> set[str]:
    """The names that a function and the functions inside it use."""
    inner = [const for const in function.__code__.co_consts if inspect.iscode(const)]
    return {name for code in (function.__code__, *inner) for name in code.co_names}


def cord_class() -> type[Cord]:
    """Return the fastest cord that is safe with this SDK; CHUTE_RELAY=sdk asks for its own."""
    return EngineCord if os.environ.get("CHUTE_RELAY") != "sdk" and sdk_is_known() else Cord
