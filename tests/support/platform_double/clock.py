"""The platform's own time, which a test can let pass without waiting."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

#: How often somebody who waits for a moment looks at the clock, in real seconds.
LOOK_SECONDS = 0.05


@dataclass
class Clock:
    """The machine's time and what a test added to it; or a time that stands still.

    Caches, builds, cold starts, rolling updates, limits and the ingress follow it. The age of a
    request's signature does not: the SDK signs with the machine's time.
    """

    ahead: float = 0.0
    stopped_at: float | None = None

    def now(self) -> float:
        """Seconds since 1970."""
        return time.time() + self.ahead if self.stopped_at is None else self.stopped_at

    def advance(self, seconds: float) -> None:
        """Let that much time pass at once."""
        if self.stopped_at is None:
            self.ahead += seconds
        else:
            self.stopped_at += seconds

    def stop(self) -> None:
        """Let time pass by `advance` alone."""
        self.stopped_at = self.now()

    def go_on(self) -> None:
        """Let time pass by itself again, from where it stopped."""
        if self.stopped_at is not None:
            self.ahead, self.stopped_at = self.stopped_at - time.time(), None

    async def reach(self, moment: float) -> None:
        """Return when it is that late."""
        while self.now() < moment:
            await asyncio.sleep(LOOK_SECONDS)
