"""Server-sent events as the engine writes them: cut into whole ones, and one of our own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import takewhile
from typing import Any

import aiohttp
import orjson

from serving.errors import Refusal, body

END = b"\n\n"
DONE = b"data: [DONE]"
ERROR = b'data: {"error"'
LARGEST_EVENT_BYTES = 8 * 2**20


class BrokenStream(Exception):
    """What arrived is no stream of events, or it stopped before its end, or it says why it did."""

    def __init__(self, reason: dict[str, Any] | None = None) -> None:
        super().__init__()
        self.reason = reason or {}


async def whole_events(stream: aiohttp.StreamReader) -> AsyncIterator[list[bytes]]:
    """Yield events as soon as they are complete, those that arrived together in one list.

    The very last one is `[DONE]`.
    """
    rest = b""
    while chunk := await stream.readany():
        *parts, rest = (rest + chunk).split(END)
        events = list(takewhile(is_event, parts))
        good = list(takewhile(lambda event: not event.startswith(ERROR), events))
        if good:
            yield [event + END for event in good]
            if good[-1] == DONE:
                return
        if len(good) < len(events):
            raise BrokenStream(_reason(events[len(good)]))
        if len(events) < len(parts) or len(rest) > LARGEST_EVENT_BYTES:
            raise BrokenStream
    raise BrokenStream


def is_event(part: bytes) -> bool:
    """Whether it begins as an event does, or a comment between events."""
    return part.startswith((b"data:", b"event:", b":"))


def _reason(event: bytes) -> dict[str, Any]:
    try:
        reason = orjson.loads(event.removeprefix(b"data:"))["error"]
    except ValueError:
        return {}
    return reason if isinstance(reason, dict) else {}


def usage(events: list[bytes]) -> dict[str, int]:
    """Return the last token counts that events carry, if one does."""
    for event in reversed(events):
        if b'"usage":{' in event:
            try:
                return token_counts(orjson.loads(event.removeprefix(b"data:"))["usage"])
            except (ValueError, KeyError, TypeError):
                return {}
    return {}


def token_counts(counts: object) -> dict[str, int]:
    """Return the two numbers worth logging of an OpenAI `usage` object."""
    names = ("prompt_tokens", "completion_tokens")
    if not isinstance(counts, dict):
        return {}
    return {name: counts[name] for name in names if isinstance(counts.get(name), int)}


def error_event(refusal: Refusal, request_id: str) -> bytes:
    """Return an event that makes OpenAI's clients raise an error instead of ending quietly."""
    return b"data: " + orjson.dumps(body(refusal, request_id)) + END
