"""The way from a cord to the engine and back.

The SDK's passthrough cord opens a connection per call and reads an answer apart to put it together
again. `EngineCord` replaces the methods that do this. They are private to the SDK, so it is used
only while they look as they did in the SDK it was written for; otherwise the SDK's own cord does
the same, slower.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, ClassVar

import aiohttp
import orjson
from chutes.chute.cord import Cord
from fastapi import HTTPException, Request
from prometheus_client import Counter

from chutekit.engines.engine import CONNECT_LIMIT_SECONDS, Engine
from chutekit.serving.exchange import EXCHANGE
from chutekit.serving.recall import Recall

CLIENT_LEFT = 499
#: Seven errors of ours in a row would end the instance, and of what engines cannot make a grammar
#: is known to none but them.
NO_GRAMMAR = {"error": {"message": "The model could not follow the schema, grammar or tools."}}

#: The hits of `cache_lookups`, which all kinds of chute have, under the name they had here before.
CACHE_HITS = Counter("llm_cache_hits", "Requests answered from the cache.")


class EngineCord(Cord):
    """A passthrough cord on the server's own event loop, over pooled connections."""

    streamed: ClassVar[bool] = False
    #: The SDK's methods it stands in for or is called by, with their parameters.
    KNOWN: ClassVar[Mapping[str, list[str]]] = {
        "_passthrough_call": ["self", "request", "kwargs"],
        "_remote_call": ["self", "request", "args", "kwargs"],
        "_request_handler": ["self", "request"],
    }

    @classmethod
    def fits_the_sdk(cls) -> bool:
        """Whether the SDK calls and encrypts as this class expects."""
        for name, parameters in cls.KNOWN.items():
            method = getattr(Cord, name, None)
            if method is None or list(inspect.signature(method).parameters) != parameters:
                return False
        return "_passthrough_call" in names_used(Cord._remote_call)

    @asynccontextmanager
    async def _passthrough_call(
        self, request: Request, **kwargs: Any
    ) -> AsyncIterator[aiohttp.ClientResponse | Whole]:
        recall: Recall | None = self._app.recall
        if recall is None or self.streamed or not request.state.repeatable:
            async with self._asked(request, **kwargs) as answer:
                yield answer
            return

        made: list[aiohttp.ClientResponse | Whole] = []

        async def make() -> bytes:
            async with self._asked(request, **kwargs) as answer:
                made.append(answer)
                return await answer.read()

        # chute.py, which is a part of the code, names the model and the engine's settings.
        key = recall.key(self.passthrough_path, kwargs["json"])
        content = await recall.awaited(request.scope[EXCHANGE], key, make)
        if made:
            yield made[0]
            return
        CACHE_HITS.inc()
        yield Whole(content, orjson.loads(content))

    @asynccontextmanager
    async def _asked(
        self, request: Request, **kwargs: Any
    ) -> AsyncIterator[aiohttp.ClientResponse | Whole]:
        """What the engine answers: a stream as it comes, anything else when it is whole."""
        engine: Engine = self._app.engine
        grammar = request.state.grammar
        await engine.pace.turn(grammar)
        with engine.request():
            try:
                async with engine.session.request(
                    self._method,
                    self.passthrough_path,
                    data=orjson.dumps(kwargs["json"]),
                    headers=engine.headers | {"Content-Type": "application/json"},
                    timeout=aiohttp.ClientTimeout(
                        total=kwargs["timeout"], connect=CONNECT_LIMIT_SECONDS
                    ),
                ) as response:
                    if response.status == 500 and grammar is not None:
                        raise HTTPException(400, NO_GRAMMAR)
                    if response.status != 200:
                        raise HTTPException(response.status, await _detail(response))
                    if self.streamed:
                        yield response
                        return
                    whole = await _whole(response, request)
            except (aiohttp.ClientError, TimeoutError) as error:
                request.scope[EXCHANGE].fields["cause"] = type(error).__name__
                raise HTTPException(503, "The model did not answer.") from error
        yield whole


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


async def _whole(response: aiohttp.ClientResponse, request: Request) -> Whole:
    content = await response.read()
    try:
        answer = orjson.loads(content)
        counts = token_counts(answer.get("usage"))
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


def token_counts(counts: object) -> dict[str, int]:
    """Return the two numbers worth logging of a `usage` object, whichever API's it is."""
    names = ("prompt_tokens", "completion_tokens")
    if not isinstance(counts, dict):
        return {}
    if "output_tokens" in counts:
        counts = _older_names(counts)
    return {name: counts[name] for name in names if isinstance(counts.get(name), int)}


def _older_names(counts: dict[str, Any]) -> dict[str, Any]:
    """The numbers of the newer APIs; Anthropic tells input without what a cache held."""
    cached = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
    found = [counts[name] for name in cached if isinstance(counts.get(name), int)]
    told = {"completion_tokens": counts["output_tokens"]}
    return told | ({"prompt_tokens": sum(found)} if found else {})


def names_used(function: Any) -> set[str]:
    """The names that a function and the functions inside it use."""
    inner = [const for const in function.__code__.co_consts if inspect.iscode(const)]
    return {name for code in (function.__code__, *inner) for name in code.co_names}


def fastest(kind: type[EngineCord]) -> type[Cord]:
    """Return `kind` if it is safe with this SDK; CHUTE_RELAY=sdk asks for the SDK's own cord."""
    wanted = os.environ.get("CHUTE_RELAY") != "sdk"
    return kind if wanted and kind.fits_the_sdk() else Cord
