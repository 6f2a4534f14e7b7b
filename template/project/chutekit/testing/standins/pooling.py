"""A server that speaks the engine's protocol without a model, of those that write no text.

A first text that contains `stub:` followed by settings says how to answer, for
example `stub: think=2 status=503`:

think    seconds before the first text
delay    seconds for each text
die      end the process instead of answering, with this code
garbage  answer with something else than JSON
hang     never answer
status   answer with this status
error    put an exception that quotes the text on standard error
"""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import os
import sys
from typing import Any

from aiohttp import web

from chutekit.testing.standins.server import Stub, refusal, settings, too_long


class PoolingStub(Stub):
    """Answers requests that bring texts; `texts` and `whole` of a subclass say which, and what."""

    numbers = itertools.count(1)
    #: What is named as wrong when a text is too long.
    FIELD: str | None = None

    def texts(self, asked: dict[str, Any]) -> list[Any]:
        """Return all that the model would read, as texts or lists of tokens."""
        raise NotImplementedError

    def whole(self, asked: dict[str, Any], texts: list[Any]) -> dict[str, Any]:
        """Return the answer, but for what every answer has."""
        raise NotImplementedError

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer after what the first text asks for."""
        self.check_key(request)
        asked = await request.json()
        texts = self.texts(asked)
        lengths = [len(text.split()) if isinstance(text, str) else len(text) for text in texts]
        how = settings(str(texts[0]).partition("stub:")[2])
        if asked["model"] != self.name:
            return refusal(404, f"The model `{asked['model']}` does not exist.", "model")
        if max(lengths) > self.longest:
            return too_long(self.longest, max(lengths), self.FIELD)
        if "status" in how:
            return refusal(int(how["status"]), "As requested.", None)
        if "error" in how:
            print(f"Traceback\nValueError: cannot read {texts!r}", file=sys.stderr, flush=True)
        self.counts["requests_running"] += 1
        try:
            await misbehave(how)
            for length in lengths:
                await asyncio.sleep(float(how.get("delay", 0)))
                self.counts["prompt_tokens_total"] += length
        finally:
            self.counts["requests_running"] -= 1
        if "garbage" in how:
            return web.Response(text="<html>")
        told = {
            "id": f"stub-{next(self.numbers)}",
            "model": self.name,
            "usage": {
                "prompt_tokens": sum(lengths),
                "total_tokens": sum(lengths),
                "completion_tokens": 0,
            },
        }
        return web.json_response(told | self.whole(asked, texts))


async def misbehave(how: dict[str, str]) -> None:
    """Do what a text asks for before it is answered."""
    await asyncio.sleep(float(how.get("think", 0)))
    if "die" in how:
        os._exit(int(how["die"]))
    if "hang" in how:
        await asyncio.Event().wait()


def texts_of(given: Any) -> list[Any]:
    """Return the texts, or lists of tokens, of an `input`."""
    one = isinstance(given, str) or isinstance(given[0], int)
    return [given] if one else list(given)


def digest(text: Any, size: int) -> bytes:
    """Return so many bytes that depend on the text, or its tokens, alone."""
    return hashlib.shake_128(str(text).encode()).digest(size)
