"""A cache in a Redis all instances share; whatever is wrong with it is a miss, never an error."""

import hashlib
import os
import threading
import time
from typing import TYPE_CHECKING

from chutekit.serving import logs

if TYPE_CHECKING:
    from redis import Redis

TTL_SECONDS = 24 * 60 * 60
MAX_VALUE_BYTES = 32 * 1024 * 1024
# The most a request waits for Redis, once to connect and once per answer.
TIMEOUT_SECONDS = 0.25
# How long Redis is left alone after it failed.
PAUSE_SECONDS = 15.0
# Version and checksum of a value: another writer's bytes are not mistaken for ours.
MAGIC = b"CN1\0"
DIGEST_BYTES = 16


class Cache:
    """Maps keys to bytes in the Redis of the REDIS_URL secret. Thread-safe."""

    def __init__(self, url: str | None = None, ttl_seconds: int = TTL_SECONDS) -> None:
        self.ttl_seconds = ttl_seconds
        self._redis = _connect(url or os.environ.get("REDIS_URL"))
        self._closed_until = 0.0
        self._lock = threading.Lock()

    def get(self, key: str) -> bytes | None:
        """The value, or None when it is not there, damaged, or Redis does not answer."""
        if self._redis is None or self._resting():
            return None
        try:
            framed = self._redis.get(_name(key))
        except Exception as error:
            self._rest(error)
            return None
        if not isinstance(framed, bytes):
            return None
        value = unframe(framed)
        if value is None:
            logs.event("cache_value_damaged", "warning", bytes=len(framed))
        return value

    def put(self, key: str, value: bytes) -> None:
        """Keep the value for a while, if Redis takes it."""
        if self._redis is None or self._resting() or len(value) > MAX_VALUE_BYTES:
            return
        try:
            self._redis.set(_name(key), frame(value), ex=self.ttl_seconds)
        except Exception as error:
            self._rest(error)

    def _resting(self) -> bool:
        return time.monotonic() < self._closed_until

    def _rest(self, error: Exception) -> None:
        with self._lock:
            if not self._resting():
                self._closed_until = time.monotonic() + PAUSE_SECONDS
                logs.event("cache_unavailable", "warning", **logs.describe(error))


def _connect(url: str | None) -> "Redis | None":
    if not url:
        logs.event("cache_off", "warning", reason="there is no REDIS_URL secret")
        return None
    from redis import Redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    try:
        return Redis.from_url(
            url,
            socket_timeout=TIMEOUT_SECONDS,
            socket_connect_timeout=TIMEOUT_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )
    except ValueError:
        logs.event("cache_off", "error", reason="REDIS_URL is not a Redis address")
        return None


def _name(key: str) -> str:
    return f"chute:{key}"


def frame(value: bytes) -> bytes:
    """What is stored for a value: who wrote it, its checksum, and the value."""
    return _header(value) + value


def unframe(framed: bytes) -> bytes | None:
    """The value in what `frame` made; None when these are other bytes."""
    length = len(MAGIC) + DIGEST_BYTES
    value = framed[length:]
    return value if framed[:length] == _header(value) else None


def _header(value: bytes) -> bytes:
    return MAGIC + hashlib.blake2b(value, digest_size=DIGEST_BYTES).digest()
