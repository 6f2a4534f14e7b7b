"""What was asked of `plan`: options checked and turned into traffic, hardware and a target."""

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scaffold.errors import BadUsage, Problem

PATTERNS = ("constant", "daily", "spike")
SPREADS = ("lognormal", "exponential", "constant")


@dataclass(frozen=True)
class Request:
    """The options of `plan`; None where a default depends on the model or the other options."""

    rps: float | None = None
    seconds_per_request: float | None = None
    hours: float | None = None
    seed: int = 1
    pattern: str = "constant"
    swing: float = 0.8
    spike_factor: float = 5.0
    spike_at_hours: float | None = None
    spike_minutes: float = 30.0
    arrivals: Path | None = None
    distribution: str = "lognormal"
    spread: float = 0.5
    tokens_in: float = 1000.0
    tokens_out: float = 300.0
    tokens_per_second: float | None = None
    steps: int | None = None
    cold_start_seconds: float | None = None
    engine_limit: int | None = None
    when_full: str = "retry"
    patience: float = 600.0
    target_p95: float | None = None
    target_refused: float = 0.001
    model_config: Path | None = None
    weights: str | None = None
    kv_cache: str = "bf16"
    usable_memory: float = 0.84
    overhead_gib: float = 2.5
    platform_rules: str | None = None
    start_warm: bool = False
    search: bool = True
    fixed: tuple[str, ...] = field(default=())

    def check(self) -> None:
        """Everything that is wrong, at once."""
        found = [
            Problem(f"--{name.replace('_', '-')}", value, message)
            for name, value, message in self._problems()
        ]
        if found:
            raise BadUsage("the options do not work", problems=found)

    def _problems(self) -> list[tuple[str, Any, str]]:
        found = [
            (name, value, f"must be above {low:g}" if low == 0 else f"must be at least {low:g}")
            for name, low, value in (
                (name, low, getattr(self, name)) for name, low in _LOWEST.items()
            )
            if value is not None and not (_above(value, low))
        ]
        for name, high in _HIGHEST.items():
            value = getattr(self, name)
            if value is not None and value > high:
                found.append((name, value, f"must be at most {high:g}"))
        for name, allowed in (
            ("pattern", PATTERNS),
            ("distribution", SPREADS),
            ("when_full", ("retry", "queue", "give-up")),
        ):
            if getattr(self, name) not in allowed:
                found.append((name, getattr(self, name), f"must be one of: {', '.join(allowed)}"))
        if self.rps is None and self.arrivals is None:
            found.append(("rps", None, "is needed: requests per second, or --arrivals FILE"))
        if self.rps is not None and self.arrivals is not None:
            found.append(("rps", self.rps, "cannot be given together with --arrivals"))
        return found


_LOWEST: dict[str, float] = {
    "rps": 0, "seconds_per_request": 0, "hours": 0, "spike_factor": 0, "spike_minutes": 0,
    "tokens_in": 0, "tokens_out": 0, "tokens_per_second": 0, "cold_start_seconds": 0,
    "patience": 0, "target_p95": 0, "usable_memory": 0, "spread": -1, "overhead_gib": -1,
    "swing": -1, "steps": 0, "spike_at_hours": -1, "target_refused": -1, "seed": -1,
    "engine_limit": 0,
}  # fmt: skip
_HIGHEST: dict[str, float] = {
    "rps": 100_000, "seconds_per_request": 1800, "hours": 24 * 366, "swing": 1, "spread": 10,
    "usable_memory": 1, "target_refused": 1, "cold_start_seconds": 5400, "patience": 86_400,
    "spike_factor": 1000, "steps": 1000, "tokens_in": 10_000_000, "tokens_out": 10_000_000,
    "seed": 2**63,
}  # fmt: skip


def _above(value: float, low: float) -> bool:
    return math.isfinite(value) and (value > 0 if low == 0 else value >= 0)
