"""Server-sent events as the engine writes them: kept whole, looked into, and one of our own.

OpenAI's older APIs write `data:` alone and `[DONE]` at the end. Its newer one and Anthropic's give
each event a name, and the last one has a name of its own.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import aiohttp
import orjson

from chutekit.engines.relay import token_counts

END = b"\n\n"
LARGEST_EVENT_BYTES = 8 * 2**20


class BrokenStream(Exception):
    """What arrived is no stream of events, or it stopped before its end, or it says why it did."""

    def __init__(self, reason: dict[str, Any] | None = None) -> None:
        super().__init__()
        self.reason = reason or {}


@dataclass(frozen=True)
class Events:
    """How one API writes its streams.

    `begin` is how each event begins, `last` how those that complete an answer do, `failed` how
    those do that break it off; inside of an event's JSON nothing can look like them. `failure`
    makes one of the latter from an error's body.
    """

    begin: bytes
    last: tuple[bytes, ...]
    failed: tuple[bytes, ...]
    failure: Callable[[dict[str, Any]], bytes]

    def ordinary(self, events: bytes) -> bool:
        """Whether each is data and none breaks off, told without taking them apart."""
        following = events.count(END + self.begin)
        others = not events.startswith(self.begin) or events.count(END) != following + 1
        return not others and not any(failed in events for failed in self.failed)

    def complete(self, events: bytes) -> bool:
        """Whether the last of them completes the answer."""
        before = events.rfind(END, 0, -len(END))
        return events.startswith(self.last, before + len(END) if before >= 0 else 0)


def unnamed(told: dict[str, Any]) -> bytes:
    """Return an event that makes OpenAI's clients raise an error instead of ending quietly."""
    return b"data: " + orjson.dumps(told) + END


def named(told: dict[str, Any]) -> bytes:
    """Return the event `error`, as Anthropic's API and OpenAI's newer one have it."""
    return b"event: error\ndata: " + orjson.dumps({"type": "error"} | told) + END


UNNAMED = Events(b"data:", (b"data: [DONE]\n",), (b'data: {"error"',), unnamed)


async def whole_events(
    stream: aiohttp.StreamReader, kind: Events = UNNAMED
) -> AsyncIterator[bytes]:
    """Yield events as soon as they are complete, those that arrived together as one piece.

    The very last one completes the answer.
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
        good = events if kind.ordinary(events) else _up_to_the_first_wrong(events, kind)
        if good:
            yield good
            if kind.complete(good):
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


def _up_to_the_first_wrong(events: bytes, kind: Events) -> bytes:
    good = b""
    for event in split(events):
        # A comment between events is one, too.
        if event.startswith(kind.failed) or not event.startswith((b"data:", b"event:", b":")):
            break
        good += event
    return good


def _data(event: bytes) -> Any:
    """What an event says; ValueError when that is no JSON."""
    return orjson.loads(event[event.find(b"data:") :].removeprefix(b"data:"))


def _reason(event: bytes) -> dict[str, Any]:
    try:
        told = _data(split(event)[0])
        reason = told.get("error") or told["response"]["error"]
    except (ValueError, KeyError, TypeError, AttributeError):
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
        told = _data(event)
        # Named events have it inside of what they are about.
        return token_counts((told.get("response") or told.get("message") or told)["usage"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}
