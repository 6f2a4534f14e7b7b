"""Settings tried, those no other beats (the Pareto front), and the cheapest that meets a target.

How often the autoscaler runs is known as a range only. Settings are played at both of its ends and
judged by the worse one.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from scaffold.plan.settings import Settings
from scaffold.plan.simulation import Result

# What matters most comes first: how many slots there may be, then when they are added.
ORDER = ("max_instances", "scaling_threshold", "concurrency", "shutdown_after_seconds", "keep_warm")


@dataclass(frozen=True)
class Target:
    """What users shall feel: seconds at the 95th percentile, and the share refused at most."""

    p95_s: float
    refused_share: float = 0.001

    def met(self, result: Result) -> bool:
        """Does the result meet it?"""
        return (
            result.finished
            and result.refused_share <= self.refused_share
            and result.p95_s <= self.p95_s
        )

    def missed_by(self, result: Result) -> float:
        """How far off, to rank what does not meet it."""
        if not result.finished:
            return float("inf")
        late = max(0.0, result.p95_s / self.p95_s - 1)
        return late + max(0.0, result.refused_share - self.refused_share) * 100

    def misery(self, result: Result) -> tuple[float, float, float, float]:
        """Ranks what callers feel, best first; money decides where they feel no difference."""
        slow = result.p95_s if math.isfinite(result.p95_s) else 0.0
        return (self.missed_by(result), result.refused_share, slow, result.usd)


@dataclass(frozen=True)
class Trial:
    """One choice of settings and what it came to, with the autoscaler at each end of its cadence.

    `result` is the end that is worse for callers, `usd` what the dearer one costs.
    """

    settings: Settings
    ends: tuple[Result, ...]
    result: Result
    meets_target: bool

    @classmethod
    def of(cls, settings: Settings, ends: Sequence[Result], target: Target) -> "Trial":
        """Judge what the settings came to."""
        worse = max(ends, key=target.misery)
        return cls(settings, tuple(ends), worse, all(map(target.met, ends)))

    @property
    def usd(self) -> float:
        """What has to be reckoned with."""
        return max(result.usd for result in self.ends)

    def as_json(self) -> dict[str, Any]:
        """One of `alternatives`."""
        return {
            "settings": self.settings.as_json(),
            "result": self.result.as_json(),
            "meets_target": self.meets_target,
            "cadences": [result.as_json() for result in self.ends],
        }


@dataclass(frozen=True)
class Choices:
    """The values the search tries for each setting."""

    concurrency: tuple[int, ...]
    max_instances: tuple[int, ...]
    scaling_threshold: tuple[float, ...] = (0.1, 0.25, 0.5, 0.75)
    shutdown_after_seconds: tuple[int, ...] = (60, 300, 1800)
    keep_warm: tuple[bool, ...] = (False, True)


def search(
    start: Settings,
    choices: Choices,
    target: Target,
    simulate: Callable[[Settings], Sequence[Result]],
    rounds: int = 2,
) -> list[Trial]:
    """Change one setting at a time from the best so far, until nothing gets better.

    Settings act on different things (slots, when to add them, how long to keep them), which is
    why one after the other finds what a full grid finds at a fraction of the simulations.
    """
    trials: dict[Settings, Trial] = {}

    def attempt(settings: Settings) -> Trial:
        if settings not in trials:
            trials[settings] = Trial.of(settings, simulate(settings), target)
        return trials[settings]

    best = attempt(start)
    for _ in range(rounds):
        before = best
        for name in ORDER:
            near = [replace(best.settings, **{name: value}) for value in getattr(choices, name)]
            best = min([best, *map(attempt, near)], key=lambda trial: _rank(trial, target))
        if best is before:
            break
    return list(trials.values())


def _rank(trial: Trial, target: Target) -> tuple[bool, float, float]:
    if trial.meets_target:
        return (False, trial.usd, trial.result.p95_s)
    # What was not played to its end is hopeless in any case, and not cheap by serving nobody.
    least = trial.usd if trial.result.finished else trial.result.refused_share
    return (True, target.missed_by(trial.result), least)


def best(trials: Iterable[Trial], target: Target) -> Trial:
    """The cheapest that meets the target; if none does, what comes nearest."""
    return min(trials, key=lambda trial: _rank(trial, target))


def pareto(trials: Iterable[Trial], target: Target) -> list[Trial]:
    """Those no other beats in both cost and 95th percentile, cheapest first.

    What refuses more than the target allows is not on the front: it is cheap by not working.
    """
    serving = [t for t in trials if t.result.finished]
    good = [t for t in serving if t.result.refused_share <= target.refused_share] or serving
    front: list[Trial] = []
    for trial in sorted(good, key=lambda t: (t.usd, t.result.p95_s)):
        if not front or trial.result.p95_s < front[-1].result.p95_s:
            front.append(trial)
    return front
