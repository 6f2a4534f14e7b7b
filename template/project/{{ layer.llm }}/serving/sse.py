"""Server-sent events as the engine writes them: cut into whole ones, and one of our own."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import orjson

from serving.errors import Refusal, body

END = b"\n\n"
DONE = b"data: [DONE]"
LARGEST_EVENT_BYTES = 8 * 2**20


class BrokenStream(Exception):
    """What arrived is no stream of events, or it stopped before its end."""


async def whole_events(stream: aiohttp.StreamReader) -> AsyncIterator[bytes]:
    """Yield each event as soon as it is complete; the last one is `[DONE]`.

    Whole events, because the platform's gateway reads each item that a cord yields by itself.
    """
    rest = b""
    while chunk := await stream.readany():
        *events, rest = (rest + chunk).split(END)
        for event in events:
            if not event.startswith((b"data:", b":", b"event:")):
                raise BrokenStream
            yield event + END
            if event == DONE:
                return
        if len(rest) > LARGEST_EVENT_BYTES:
            raise BrokenStream
    raise BrokenStream


def usage(event: bytes) -> dict[str, int]:
    """Return the token counts that an event carries, if it does."""
    if b'"usage":{' not in event:
        return {}
    try:
        counts = orjson.loads(event.removeprefix(b"data:"))["usage"]
    except (ValueError, KeyError, TypeError):
        return {}
    return token_counts(counts)


def token_counts(counts: object) -> dict[str, int]:
    """Return the two numbers worth logging of an OpenAI `usage` object."""
    names = ("prompt_tokens", "completion_tokens")
    if not isinstance(counts, dict):
        return {}
    return {name: counts[name] for name in names if isinstance(counts.get(name), int)}


def error_event(refusal: Refusal, request_id: str) -> bytes:
    """Return an event that makes OpenAI's clients raise an error instead of ending quietly."""
    return b"data: " + orjson.dumps(body(refusal, request_id)) + END
