"""What an answer says of itself while it arrives: its first piece, its tokens, whether whole."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import aiohttp

EVENTS = "text/event-stream"
DONE = b"[DONE]"
_TOKENS_IN = re.compile(rb'"(?:prompt|input)_tokens"\s*:\s*(\d+)')
_TOKENS_OUT = re.compile(rb'"(?:completion|output)_tokens"\s*:\s*(\d+)')


@dataclass
class Reading:
    """Moments by the clock that was given: of the first piece, and of the last one before the end.

    `gap` is the longest time between two pieces; `fault` says why the answer is none.
    """

    first: float | None = None
    last: float | None = None
    gap: float | None = None
    pieces: int = 0
    tokens_in: int | None = None
    tokens_out: int | None = None
    fault: str = ""

    def piece(self, now: float) -> None:
        """Note a piece of the answer."""
        if self.first is None:
            self.first = now
        elif self.last is not None:
            self.gap = max(self.gap or 0.0, now - self.last)
        self.last = now
        self.pieces += 1

    def count(self, text: bytes) -> None:
        """Note the tokens that the text tells; the last that were told count."""
        if told := _TOKENS_IN.findall(text):
            self.tokens_in = int(told[-1])
        if told := _TOKENS_OUT.findall(text):
            self.tokens_out = int(told[-1])


async def read(
    response: aiohttp.ClientResponse, clock: Callable[[], float], *, openai: bool
) -> Reading:
    """Read a good answer to its end; one of OpenAI's API must say `[DONE]` where it is streamed."""
    reading = Reading()
    if response.content_type != EVENTS:
        body = await response.read()
        reading.count(body if response.content_type == "application/json" else b"")
        reading.fault = "" if body else "empty"
        return reading
    done = False
    rest = b""
    async for chunk in response.content.iter_any():
        now = clock()
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            done = _line(reading, line.strip(), now) or done
    if openai and not done and not reading.fault:
        reading.fault = "cut off"
    if reading.first is None and not reading.fault:
        reading.fault = "empty"
    return reading


def _line(reading: Reading, line: bytes, now: float) -> bool:
    """Take in a line of a stream of events; return whether it is the end."""
    if line.startswith(b"event: error") or line.startswith(b'data: {"error"'):
        reading.fault = "error event"
    if not line.startswith(b"data:"):
        return False
    data = line.removeprefix(b"data:").strip()
    if data == DONE:
        return True
    if reading.first is not None or _says(data):
        if b'"choices":[]' not in data:
            reading.piece(now)
        if b'_tokens"' in data:
            reading.count(data)
    return False


def _says(data: bytes) -> bool:
    """Tell whether an event has a piece of the answer in it, and not only its beginning."""
    try:
        event: Any = json.loads(data)
    except ValueError:
        return bool(data)
    if not isinstance(event, dict) or "choices" not in event:
        return bool(event)
    for choice in event["choices"] or ():
        delta = choice.get("delta") or {}
        words = [choice.get("text"), *(delta.get(name) for name in _WORDS)]
        if any(words):
            return True
    return False


_WORDS = ("content", "reasoning", "reasoning_content", "tool_calls")
