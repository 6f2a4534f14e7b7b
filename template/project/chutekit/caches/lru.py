"""A cache in this instance's memory, bounded in bytes; the least recently used go first."""

import threading
from collections import OrderedDict

from prometheus_client import Gauge

MAX_BYTES = 256 * 1024 * 1024
ENTRY_OVERHEAD_BYTES = 200

BYTES = Gauge("cache_bytes", "Bytes the cache holds.")


class Cache:
    """Maps keys to bytes. Thread-safe; an entry larger than the cache is not kept."""

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self.max_bytes = max_bytes
        self.bytes = 0
        self._entries: OrderedDict[str, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: str) -> bytes | None:
        """The value, or None when it is not there."""
        with self._lock:
            value = self._entries.get(key)
            if value is not None:
                self._entries.move_to_end(key)
            return value

    def put(self, key: str, value: bytes) -> None:
        """Keep the value, forgetting others when room is needed."""
        if _weight(key, value) > self.max_bytes:
            return
        with self._lock:
            self._forget(key)
            self._entries[key] = value
            self.bytes += _weight(key, value)
            while self.bytes > self.max_bytes:
                self._forget(next(iter(self._entries)))
            BYTES.set(self.bytes)

    def _forget(self, key: str) -> None:
        value = self._entries.pop(key, None)
        if value is not None:
            self.bytes -= _weight(key, value)


def _weight(key: str, value: bytes) -> int:
    return len(key) + len(value) + ENTRY_OVERHEAD_BYTES
