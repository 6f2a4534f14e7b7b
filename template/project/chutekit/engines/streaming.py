"""Streams from the engine to the client.

The SDK's passthrough cord relays line by line and asks for each line whether the client is still
there, which costs a third of the throughput at 64 streams. This one relays whole events, and many
as one chunk while many streams are going.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, ClassVar

import aiohttp
from chutes import metrics as sdk_metrics
from chutes.chute.cord import Cord
from fastapi import HTTPException, Request
from prometheus_client import Histogram

from chutekit.engines import sse
from chutekit.engines.relay import CLIENT_LEFT, NO_GRAMMAR, EngineCord
from chutekit.serving.errors import Refusal, timed_out
from chutekit.serving.exchange import EXCHANGE, Exchange

# A chunk takes the SDK and its server some 150 microseconds, whatever is in it. Many fast streams
# would take a whole core from the engine, so together they are held to this rate, and what a stream
# gets meanwhile goes out as one chunk. Nobody waits for a first token.
CHUNKS_PER_SECOND = 1500
SHORTEST_PAUSE, LONGEST_PAUSE = 0.005, 0.06
#: Anthropic's names for errors, whose events have no number.
STATUS = {"invalid_request_error": 400, "not_found_error": 404, "rate_limit_error": 429}
STREAM_BROKE = Refusal(503, "engine_failed", "The model stopped in the middle of this answer.")

FIRST_TOKEN_SECONDS = Histogram(
    "llm_first_token_seconds",
    "Seconds from a valid streamed request to its first event.",
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120),
)
TOKEN_SECONDS = Histogram(
    "llm_token_seconds",
    "Mean seconds per event, about one token, of a stream after its first.",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 0.5, 1, 2.5),
)


class StreamCord(EngineCord):
    """An `EngineCord` whose answer is passed on while it is made."""

    streamed: ClassVar[bool] = True
    KNOWN: ClassVar[Mapping[str, list[str]]] = {
        **EngineCord.KNOWN,
        "_remote_stream_call": ["self", "request", "args", "kwargs"],
    }

    @classmethod
    def fits_the_sdk(cls) -> bool:
        """Whether the SDK still calls, and encrypts, as here."""
        # Looked up by name on the request: under another one we would send plain text.
        return (
            super().fits_the_sdk()
            and "_encrypt" in Cord._remote_stream_call.__code__.co_consts
            and "_remote_stream_call" in Cord._request_handler.__code__.co_names
        )

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
                    yield "".join(encrypt(event) + "\n" for event in sse.split(events))
                elif end_to_end:
                    for event in sse.split(events):
                        yield event
                else:
                    yield events
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

    async def _events(self, request: Request, kwargs: dict[str, Any]) -> AsyncIterator[bytes]:
        """Yield the engine's events, and an error as an event once the answer has begun."""
        exchange: Exchange = request.scope[EXCHANGE]
        kind: sse.Events = request.state.events
        started = first = time.perf_counter()
        count = 0
        counts: dict[str, int] = {}
        try:
            async with AsyncExitStack() as stack:
                async with while_the_client_waits(request):
                    call = self._passthrough_call(request, **kwargs)
                    response = await stack.enter_async_context(call)
                    assert isinstance(response, aiohttp.ClientResponse)  # a stream is not kept
                    arriving = sse.whole_events(response.content, kind)
                    events = await anext(arriving)
                first = time.perf_counter()
                counts = sse.usage(events)
                yield events
                async for events in arriving:
                    count += sse.count(events)
                    counts |= sse.usage(events)
                    yield events
                    if exchange.seconds_left <= 0:
                        raise TimeoutError
                    pause = self._app.engine.in_flight / CHUNKS_PER_SECOND
                    if pause > SHORTEST_PAUSE:
                        await unread(response, min(pause, LONGEST_PAUSE))
        except (sse.BrokenStream, HTTPException) as error:
            if first == started:
                raise _not_begun(error, request.state.grammar is not None) from error
            late = exchange.seconds_left <= 0
            told = timed_out(self._app.instance.request_seconds) if late else STREAM_BROKE
            exchange.fields["code"] = told.code
            yield kind.failure(exchange.told(told, exchange.id))
        finally:
            if first > started:
                FIRST_TOKEN_SECONDS.observe(first - started)
                exchange.fields["first_token_seconds"] = round(first - started, 4)
            if count:
                TOKEN_SECONDS.observe((time.perf_counter() - first) / count)
            exchange.fields.update(counts)


def _not_begun(error: sse.BrokenStream | HTTPException, structured: bool) -> HTTPException:
    """What a stream is answered with that broke before its first event."""
    if isinstance(error, HTTPException):
        return error
    code = error.reason.get("code", STATUS.get(error.reason.get("type", "")))
    if isinstance(code, int) and 400 <= code < 500:
        return HTTPException(code, error.reason)
    if structured and error.reason:
        return HTTPException(400, NO_GRAMMAR)
    return HTTPException(503, "The model's answer could not be read.")


async def unread(response: aiohttp.ClientResponse, seconds: float) -> None:
    """Leave what arrives to the kernel for a while: read piece by piece it takes more time."""
    transport = response.connection and response.connection.transport
    if transport:
        transport.pause_reading()
    try:
        await asyncio.sleep(seconds)
    finally:
        if transport:
            transport.resume_reading()


@asynccontextmanager
async def while_the_client_waits(request: Request) -> AsyncIterator[None]:
    """Break off what is done inside when the client leaves; the SDK listens only after it."""
    working = asyncio.current_task()
    assert working is not None
    left = False

    async def listen() -> None:
        nonlocal left
        while (await request.receive())["type"] != "http.disconnect":
            pass
        left = True
        working.cancel()

    listening = asyncio.create_task(listen())
    try:
        yield
    except asyncio.CancelledError:
        if not left or working.uncancel():
            raise
    finally:
        listening.cancel()
        # Two must not listen to one client.
        await asyncio.gather(listening, return_exceptions=True)
    if left:
        raise HTTPException(CLIENT_LEFT, "The client left.")
