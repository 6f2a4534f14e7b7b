"""Answers that were made once: the one place that remembers them, for every kind of chute.

An answer is kept under all that determines it: the chute's code, with its image and settings, the
endpoint and the request. One that failed is not kept. Equal requests at the same time wait for the
first of them, and the next one tries where that failed.
"""

import asyncio
import hashlib
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any, Protocol

import orjson
from prometheus_client import Counter
from pydantic import BaseModel
from pydantic_core import PydanticSerializationError

from chutekit.serving.contract import Job
from chutekit.serving.exchange import Exchange

LOOKUPS = Counter("cache_lookups", "Cache look-ups.", ["outcome"])
# How often a thread that waits for another's answer looks whether anybody still waits for its own.
PATIENCE_SECONDS = 1.0
# What pydantic writes in place of a secret.
MASK = "**********"

#: An answer that is being made; None in place of one that came to nothing.
Promise = Future[bytes | None]


class Cache(Protocol):
    """What any cache of `chutekit.caches` offers."""

    def get(self, key: str) -> bytes | None:
        """The value, or None when it is not there."""

    def put(self, key: str, value: bytes) -> None:
        """Keep the value for a while."""


class Recall:
    """Answers of one chute, kept in a cache. `code` is what makes them: `ServedChute.code`."""

    def __init__(self, cache: Cache, code: str = "") -> None:
        self.cache = cache
        self.code = code
        self._lock = threading.Lock()
        self._promises: dict[str, Promise] = {}

    def key(self, *everything: Any) -> str:
        """The name of the answer that the code and `everything`, which is JSON, determine."""
        text = orjson.dumps([self.code, *everything], option=orjson.OPT_SORT_KEYS)
        return hashlib.sha256(text).hexdigest()

    def answer(self, job: Job[Any], key: str, make: Callable[[], bytes]) -> bytes:
        """The answer of this name, or what `make` makes now; blocks until it is there.

        Notes in the log and the metrics whether it was made. Whoever has no more time to wait for
        an equal request is left to `make`, which refuses him.
        """
        while True:
            promise, ours = self._promise(key)
            if ours:
                with self._fulfilled(key, promise):
                    found = self.cache.get(key)
                    if found is None:
                        tell(job.exchange, "miss")
                        made = make()
                        promise.set_result(made)
                        self.cache.put(key, made)
                        return made
                    promise.set_result(found)
            elif job.cancelled or job.exchange.seconds_left <= 0:
                tell(job.exchange, "miss")
                return make()
            else:
                found = _waited(promise)
            if found is not None:
                tell(job.exchange, "hit")
                return found

    async def awaited(
        self, exchange: Exchange, key: str, make: Callable[[], Awaitable[bytes]]
    ) -> bytes:
        """As `answer`, for who must not block; TimeoutError when the request's time is over."""
        while True:
            promise, ours = self._promise(key)
            if ours:
                with self._fulfilled(key, promise):
                    found = await asyncio.to_thread(self.cache.get, key)
                    if found is None:
                        tell(exchange, "miss")
                        made = await make()
                        promise.set_result(made)
                        await asyncio.to_thread(self.cache.put, key, made)
                        return made
                    promise.set_result(found)
            elif exchange.seconds_left <= 0:
                raise TimeoutError
            else:
                waiting = asyncio.wrap_future(promise)
                await asyncio.wait({waiting}, timeout=exchange.seconds_left)
                found = waiting.result() if waiting.done() else None
            if found is not None:
                tell(exchange, "hit")
                return found

    def _promise(self, key: str) -> tuple[Promise, bool]:
        """The promise of this answer, and whether it is the caller's to keep."""
        with self._lock:
            known = self._promises.get(key)
            if known is not None:
                return known, False
            promise = self._promises[key] = Future()
            # From now on nobody who waits for it can cancel it.
            promise.set_running_or_notify_cancel()
            return promise, True

    @contextmanager
    def _fulfilled(self, key: str, promise: Promise) -> Iterator[None]:
        """Whatever becomes of the answer: who waits for it gets to know, and the next begins."""
        try:
            yield
        finally:
            with self._lock:
                del self._promises[key]
            if not promise.done():
                promise.set_result(None)


def remembered(
    recall: Recall | None, job: Job[Any], make: Callable[[], bytes], *endpoint: str
) -> bytes:
    """What an endpoint answers: what `recall`, if any, knows of the request, or what `make` makes.

    Refusal as `make`. What leaves something to chance is made anew each time; see `whole`.
    """
    text = whole(job.request) if recall is not None else None
    if recall is None or text is None:
        return make()
    return recall.answer(job, recall.key(*endpoint, text), make)


def tell(exchange: Exchange, outcome: str) -> None:
    """Say in the log and the metrics what the look-up came to: `hit` or `miss`."""
    LOOKUPS.labels(outcome).inc()
    exchange.fields["cache"] = outcome


def whole(request: BaseModel) -> str | None:
    """All that a request says, as text; None where its answer is not to be remembered.

    That is so where chance has a part in it: the request has a `seed` or a `temperature` by its
    name, and neither a seed nor the temperature 0 was sent. And where a field of it, or of what is
    inside of it, is hidden, so that requests which differ could not be told apart.
    """
    fields = type(request).model_fields
    if fields.keys() & {"seed", "temperature"} and not (
        getattr(request, "seed", None) is not None or getattr(request, "temperature", None) == 0
    ):
        return None
    if _hides(request):
        return None
    try:
        text = request.model_dump_json()
    except PydanticSerializationError:
        return None
    return None if MASK in text else text


def _hides(value: object) -> bool:
    if isinstance(value, BaseModel):
        fields = type(value).model_fields.values()
        # Of pydantic 2.12 on a field can be left out by its value.
        left_out = any(field.exclude or getattr(field, "exclude_if", None) for field in fields)
        return left_out or any(_hides(each) for _, each in value)
    if isinstance(value, Mapping):
        return any(map(_hides, value.values()))
    return isinstance(value, list | tuple | set | frozenset) and any(map(_hides, value))


def _waited(promise: Promise) -> bytes | None:
    try:
        return promise.result(PATIENCE_SECONDS)
    except TimeoutError:
        return None
