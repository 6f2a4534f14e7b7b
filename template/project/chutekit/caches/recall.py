"""Results of identical deterministic requests are made once."""

import hashlib
import json
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from prometheus_client import Counter

from chutekit.serving.contract import Job

LOOKUPS = Counter("cache_lookups", "Cache look-ups.", ["outcome"])


class Cache(Protocol):
    """What any cache of this package offers."""

    def get(self, key: str) -> bytes | None:
        """The value, or None when it is not there."""

    def put(self, key: str, value: bytes) -> None:
        """Keep the value for a while."""


def recall(
    cache: Cache, job: Job[Any], everything: Sequence[str], make: Callable[[], bytes]
) -> bytes:
    """The remembered result for `everything` that determines it, or one made and kept now."""
    key = hashlib.sha256(json.dumps(everything).encode()).hexdigest()
    known = cache.get(key)
    outcome = "miss" if known is None else "hit"
    LOOKUPS.labels(outcome).inc()
    job.note(cache=outcome)
    if known is not None:
        return known
    made = make()
    cache.put(key, made)
    return made
