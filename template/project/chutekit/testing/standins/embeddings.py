"""A server that speaks the engine's protocol and has no model: a text's vector is its digest.

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
import base64
import hashlib
import itertools
import math
import os
import struct
import sys
from typing import Any

from aiohttp import web

from chutekit.testing.standins.server import Stub, refusal, serve, settings, too_long

SIZE = 1024


class EmbeddingStub(Stub):
    """Answers requests for embeddings."""

    ROUTES = ("/v1/embeddings",)
    numbers = itertools.count(1)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Give each text a vector, after what it asks for."""
        self.check_key(request)
        asked = await request.json()
        texts = texts_of(asked["input"])
        lengths = [len(text.split()) if isinstance(text, str) else len(text) for text in texts]
        how = settings(str(texts[0]).partition("stub:")[2])
        if asked["model"] != self.name:
            return refusal(404, f"The model `{asked['model']}` does not exist.", "model")
        if max(lengths) > self.longest:
            return too_long(self.longest, max(lengths), "input")
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
        return web.json_response(self.whole(asked, texts, sum(lengths)))

    def whole(self, asked: dict[str, Any], texts: list[Any], tokens: int) -> dict[str, Any]:
        """Return the answer in OpenAI's shape."""
        size = asked.get("dimensions") or SIZE
        vectors = [vector(str(text), size) for text in texts]
        if asked.get("encoding_format") == "base64":
            found: list[Any] = [packed(numbers) for numbers in vectors]
        else:
            found = vectors
        return {
            "id": f"stub-{next(self.numbers)}",
            "object": "list",
            "model": self.name,
            "data": [
                {"object": "embedding", "index": index, "embedding": embedding}
                for index, embedding in enumerate(found)
            ],
            "usage": {"prompt_tokens": tokens, "total_tokens": tokens, "completion_tokens": 0},
        }


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
    return [given] if one else given


def vector(text: str, size: int) -> list[float]:
    """Return numbers that depend on the text alone, of length 1."""
    digest = hashlib.shake_128(text.encode()).digest(size)
    numbers = [byte - 127.5 for byte in digest]
    length = math.hypot(*numbers)
    return [number / length for number in numbers]


def packed(numbers: list[float]) -> str:
    """Return them as OpenAI's base64 of 32-bit floats."""
    return base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()


if __name__ == "__main__":
    serve(EmbeddingStub)
