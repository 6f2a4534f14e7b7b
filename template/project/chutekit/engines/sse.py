"""Server-sent events as the engine writes them: kept whole, looked into, and one of our own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import orjson

from chutekit.engines.relay import token_counts
from chutekit.serving.errors import Refusal, body

END = b"\n\n"
DONE = b"data: [DONE]\n\n"
# Inside of an event's JSON neither a line break nor a bare quotation mark can follow like this.
NEXT = b"\n\ndata:"
ERROR = b'data: {"error"'
LARGEST_EVENT_BYTES = 8 * 2**20


class BrokenStream(Exception):
    """What arrived is no stream of events, or it stopped before its end, or it says why it did."""

    def __init__(self, reason: dict[str, Any] | None = None) -> None:
        super().__init__()
        self.reason = reason or {}


async def whole_events(stream: aiohttp.StreamReader) -> AsyncIterator[bytes]:
    """Yield events as soon as they are complete, those that arrived together as one piece.

    The very last one is `[DONE]`.
    """
    rest = b""
    while chunk := await stream.readany():
        rest += chunk
        size = rest.rfind(END) + len(END)
        if size < len(END):
            if len(rest) > LARGEST_EVENT_BYTES:
                raise BrokenStream
            continue
        events, rest = rest[:size], rest[size:]
        good = events if _ordinary(events) else _up_to_the_first_wrong(events)
        if good:
            yield good
            if good.endswith(DONE):
                # A connection can serve another request only once its answer was read to the end.
                await stream.readany()
                return
        if len(good) < len(events):
            raise BrokenStream(_reason(events[len(good) :]))
    raise BrokenStream


def split(events: bytes) -> list[bytes]:
    """Return each event by itself."""
    return [event + END for event in events.split(END)[:-1]]


def count(events: bytes) -> int:
    """Return how many events there are."""
    return events.count(END)


def _ordinary(events: bytes) -> bool:
    """Whether each is data and none an error, told without taking them apart."""
    others = not events.startswith(b"data:") or events.count(END) != events.count(NEXT) + 1
    return not others and ERROR not in events


def _up_to_the_first_wrong(events: bytes) -> bytes:
    good = b""
    for event in split(events):
        # A comment between events is one, too.
        if event.startswith(ERROR) or not event.startswith((b"data:", b"event:", b":")):
            break
        good += event
    return good


def _reason(event: bytes) -> dict[str, Any]:
    try:
        reason = orjson.loads(split(event)[0].removeprefix(b"data:"))["error"]
    except (ValueError, KeyError, TypeError):
        return {}
    return reason if isinstance(reason, dict) else {}


def usage(events: bytes) -> dict[str, int]:
    """Return the last token counts that events carry, if one does."""
    found = events.rfind(b'"usage":{')
    if found < 0:
        return {}
    begin, end = events.rfind(END, 0, found) + len(END), events.find(END, found)
    event = events[begin if begin >= len(END) else 0 : end]
    try:
        return token_counts(orjson.loads(event.removeprefix(b"data:"))["usage"])
    except (ValueError, KeyError, TypeError):
        return {}


def error_event(refusal: Refusal, request_id: str) -> bytes:
    """Return an event that makes OpenAI's clients raise an error instead of ending quietly."""
    return b"data: " + orjson.dumps(body(refusal, request_id)) + END
