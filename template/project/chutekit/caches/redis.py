"""A cache in a Redis all instances share; whatever is wrong with it is a miss, never an error.

What stands in Redis is an answer for clients only if one of this chute's instances wrote it, and
under this name: each value is signed with a key that comes from the secret CACHE_SECRET. Without
it the key comes from REDIS_URL, which others who use the same Redis may have, too.
"""

import hashlib
import hmac
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
# Version and signature of a value: another writer's bytes are not mistaken for ours.
MAGIC = b"CN2\0"
SIGNATURE_BYTES = 32
SECRET = "CACHE_SECRET"


class Cache:
    """Maps keys to bytes in the Redis of the REDIS_URL secret. Thread-safe."""

    def __init__(self, url: str | None = None, ttl_seconds: int = TTL_SECONDS) -> None:
        self.ttl_seconds = ttl_seconds
        url = url or os.environ.get("REDIS_URL")
        self._redis = _connect(url)
        self._key = _key(url) if self._redis is not None else b""
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
        value = unframe(framed, key, self._key)
        if value is None:
            logs.event("cache_value_damaged", "warning", bytes=len(framed))
        return value

    def put(self, key: str, value: bytes) -> None:
        """Keep the value for a while, if Redis takes it."""
        if self._redis is None or self._resting() or len(value) > MAX_VALUE_BYTES:
            return
        try:
            self._redis.set(_name(key), frame(value, key, self._key), ex=self.ttl_seconds)
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


def _key(url: str | None) -> bytes:
    secret = os.environ.get(SECRET)
    if not secret:
        logs.event(
            "cache_key_shared",
            "warning",
            reason=f"there is no {SECRET} secret, so whoever knows REDIS_URL can write answers",
        )
    return hashlib.sha256(f"chute answers {secret or url}".encode()).digest()


def frame(value: bytes, name: str, key: bytes) -> bytes:
    """What is stored for a value: who wrote it, its signature, and the value."""
    return _header(value, name, key) + value


def unframe(framed: bytes, name: str, key: bytes) -> bytes | None:
    """The value in what `frame` made; None when these are other bytes, or another name's."""
    length = len(MAGIC) + SIGNATURE_BYTES
    value = framed[length:]
    same = hmac.compare_digest(framed[:length], _header(value, name, key))
    return value if same else None


def _header(value: bytes, name: str, key: bytes) -> bytes:
    # The name has a length of its own, so that no part of it can be taken for the value's.
    named = hashlib.sha256(name.encode()).digest()
    return MAGIC + hmac.digest(key, named + value, "sha256")
