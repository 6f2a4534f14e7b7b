"""Turns for what keeps the engine from everybody while it begins."""

from __future__ import annotations

import asyncio

from chutekit.engines import grammars
from chutekit.serving.errors import too_busy

#: Below it nobody notices, a millisecond; what takes longer gets this share of the engine's time.
FREE = 10_000
SHARE = 0.25
SECONDS_PER_UNIT = 1e-7
LONGEST_SECONDS = 20.0


class Pace:
    """Spreads requests for grammars: many at once would be made in one go, before anybody's next
    token. Belongs to the event loop of the server."""

    def __init__(self) -> None:
        self._free_at = 0.0

    async def turn(self, cost: int | None) -> None:
        """Return when a grammar of this cost may be asked for; Refusal when that is far off."""
        if cost is None or cost <= FREE:
            return
        now = asyncio.get_running_loop().time()
        begins = max(now, self._free_at)
        if begins - now > LONGEST_SECONDS:
            raise too_busy("Too many want grammars made of large schemas; try again shortly.")
        self._free_at = begins + min(cost, grammars.BUDGET_OF_TOOLS) * SECONDS_PER_UNIT / SHARE
        await asyncio.sleep(begins - now)
