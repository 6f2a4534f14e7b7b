"""What is simulated: the settings of a chute, what an instance is like, how callers behave."""

from dataclasses import asdict, dataclass
from typing import Any

from scaffold.plan.traffic import Duration


@dataclass(frozen=True)
class Settings:
    """The answers that decide about scale; names as in answers files."""

    concurrency: int
    max_instances: int = 3
    scaling_threshold: float = 0.75
    shutdown_after_seconds: int = 300
    keep_warm: bool = False

    @property
    def ping_seconds(self) -> float:
        """How often the generated schedule calls: the template's `keep-warm.yml` has this rule."""
        if not self.keep_warm:
            return 0.0
        allowed = [m for m in (30, 20, 15, 10, 5) if m <= self.shutdown_after_seconds // 180]
        return 60.0 * (allowed[0] if allowed else 5)

    def as_json(self) -> dict[str, Any]:
        """By answer key."""
        return asdict(self)


@dataclass(frozen=True)
class Callers:
    """What a caller does about 429 and 503, and for how many seconds before giving up.

    `retry` waits `first_delay` seconds, then twice that, up to `longest_delay`, each shortened at
    random by a share of up to `jitter`. `queue` holds requests in arrival order and sends one when
    a slot is free, as a worker pool of the caller's own does. `give-up` never tries again.
    """

    when_full: str = "retry"
    patience: float = 600.0
    first_delay: float = 1.0
    longest_delay: float = 30.0
    jitter: float = 0.5


@dataclass(frozen=True)
class Hardware:
    """One instance: US dollars per hour, and seconds from its launch to its first request."""

    usd_per_hour: float
    cold_start: Duration
