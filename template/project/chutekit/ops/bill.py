"""What a load may cost: said before it starts, and kept to while it runs.

A bound, not an estimate: every instance that there may be, at the highest price that its GPUs have,
from the first request until the last instance is stopped for good. That is when it has been idle
for long enough; but where there may be several, the platform's autoscaler starts one that went
again as long as an old target stands. The time until an instance serves is not billed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

HOUR_SECONDS = 3600
#: How long a target of the platform's autoscaler stands after the load that called for it.
TARGET_SECONDS = 2700


@dataclass(frozen=True)
class Bill:
    """US dollars per hour of an instance, how many there may be, and for how long after the end."""

    usd_per_hour: float
    instances: int
    idle_seconds: float
    most_usd: float

    def bound(self, seconds: float) -> float:
        """Return the most that a load of so many seconds costs."""
        return self.usd_per_hour * self.instances * (seconds + self.idle_seconds) / HOUR_SECONDS

    def allows(self, seconds: float) -> bool:
        """Tell whether a load of so many seconds stays within what it may cost."""
        return self.bound(seconds) <= self.most_usd

    def says(self, seconds: float) -> str:
        """Say what a load of so many seconds costs at most."""
        if not self.usd_per_hour:
            return "Nothing here is billed by the platform."
        many = f"{self.instances} instance{'s' if self.instances > 1 else ''}"
        return (
            f"At most ${self.bound(seconds):.2f}: {many} at ${self.usd_per_hour:.2f} an hour for "
            f"{seconds:.0f} s, and {self.idle_seconds:.0f} s until the last one is stopped."
        )

    def as_json(self, seconds: float) -> dict[str, Any]:
        """Return what the report says of it."""
        return {
            "usd_at_most": round(self.bound(seconds), 4),
            "usd_per_hour_per_instance": self.usd_per_hour,
            "instances_at_most": self.instances,
            "max_usd": self.most_usd,
        }
