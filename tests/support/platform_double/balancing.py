"""Which instance gets a call, and what becomes of instances that fail."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from support.platform_double.entities import Deployed, Running

if TYPE_CHECKING:
    from support.platform_double.world import World

NOWHERE = "No infrastructure available to serve request"
OVERLOAD = "infra_overload"
#: How many more calls than the least busy instance another may have to be as good.
AS_GOOD = 2
#: After so many failures in a row an instance rests for so long; after so many rests it goes.
FAILURES, REST_SECONDS, RESTS, WITHIN_SECONDS, GOES_SECONDS = 7, 90, 5, 3600, 45


def pick(
    instances: list[Running], avoided: set[str], limit: int, now: float
) -> tuple[Running | None, str]:
    """The instance for a call, or why there is none.

    An instance that is alone and was tried already is no longer looked at, so that its failure
    is not told in the words for several.
    """
    if left := [one for one in instances if one.instance_id not in avoided]:
        if min(one.connections for one in left) >= limit:
            return None, OVERLOAD
        awake = [one for one in left if one.disabled_until <= now]
        if not awake:
            return None, OVERLOAD
        least = min(one.connections for one in awake)
        return random.choice([one for one in awake if one.connections <= least + AS_GOOD]), ""
    return None, NOWHERE


def note_success(target: Running) -> None:
    """Forget an instance's failures."""
    target.failures, target.disabled_until = 0, 0.0
    target.rests.clear()


def note_failure(world: World, chute: Deployed, target: Running, *, at_once: bool) -> None:
    """Count a failure; many in a row give an instance a rest, many rests remove it."""
    now = world.clock.now()
    chute.failures += 1
    target.failures += 1
    if at_once:
        target.until = now
        return
    if target.failures < FAILURES or now < target.disabled_until:
        return
    target.disabled_until = now + REST_SECONDS
    target.rests[:] = [one for one in target.rests if one > now - WITHIN_SECONDS] + [now]
    if len(target.rests) > RESTS:
        target.until = min(target.until, now + GOES_SECONDS)
