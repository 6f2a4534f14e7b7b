"""Which other settings would have come to the same as those that were played.

A search changes one setting at a time, and most changes never matter: a limit on instances that
nobody reaches, a threshold that moves between two loads that were never seen. Nothing is played
twice for them.
"""

import math
from dataclasses import dataclass, replace

from scaffold.plan.settings import Settings


@dataclass
class Leeway:
    """What one run says of its neighbours: as far as they stay within this, nothing would differ.

    The most instances that were wanted, and whether more would have been; the highest utilisation
    below the threshold and the lowest that reached it; the shortest time (seconds) that an instance
    was away from being shut down for idleness; and whether the autoscaler never changed
    anything.
    """

    settings: Settings
    most: int = 0
    capped: bool = False
    below: float = -math.inf
    reached: float = math.inf
    spare: float = math.inf
    steady: bool = True

    def wants(self, instances: int) -> None:
        """So many are wanted, before any limit."""
        self.most = max(self.most, instances)
        self.capped = self.capped or instances > self.settings.max_instances

    def sees(self, utilisation: float) -> None:
        """The autoscaler compares this with the threshold."""
        if utilisation >= self.settings.scaling_threshold:
            self.reached = min(self.reached, utilisation)
        else:
            self.below = max(self.below, utilisation)

    def spares(self, seconds: float) -> None:
        """An instance would be shut down after so long without a call."""
        self.spare = min(self.spare, seconds)

    def runs(self, before: int, count: int, target: int) -> None:
        """A run of the autoscaler writes a target where `count` are active."""
        self.steady = self.steady and before == count == target

    def covers(self, other: Settings) -> bool:
        """Would a run with these have been the same, event by event?"""
        own = self.settings
        if (
            replace(
                other,
                max_instances=own.max_instances,
                scaling_threshold=own.scaling_threshold,
                shutdown_after_seconds=own.shutdown_after_seconds,
            )
            != own
        ):
            return False
        if other.max_instances != own.max_instances and (
            self.capped or self.most > other.max_instances
        ):
            return False
        if not self.below < other.scaling_threshold <= self.reached:
            return False
        longer = other.shutdown_after_seconds - own.shutdown_after_seconds
        # A schedule that keeps it warm follows this setting.
        return not longer or (self.spare > max(0, -longer) and not own.keep_warm)
