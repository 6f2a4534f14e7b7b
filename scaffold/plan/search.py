"""Settings tried, those no other beats (the Pareto front), and the cheapest that meets a target."""

from collections.abc import Callable, Iterable
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


@dataclass(frozen=True)
class Trial:
    """One choice of settings and what it came to."""

    settings: Settings
    result: Result
    meets_target: bool

    def as_json(self) -> dict[str, Any]:
        """One of `alternatives`."""
        return {
            "settings": self.settings.as_json(),
            "result": self.result.as_json(),
            "meets_target": self.meets_target,
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
    simulate: Callable[[Settings], Result],
    rounds: int = 2,
) -> list[Trial]:
    """Change one setting at a time from the best so far, until nothing gets better.

    Settings act on different things (slots, when to add them, how long to keep them), which is
    why one after the other finds what a full grid finds at a fraction of the simulations.
    """
    trials: dict[Settings, Trial] = {}

    def attempt(settings: Settings) -> Trial:
        if settings not in trials:
            result = simulate(settings)
            trials[settings] = Trial(settings, result, target.met(result))
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
        return (False, trial.result.usd, trial.result.p95_s)
    return (True, target.missed_by(trial.result), trial.result.usd)


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
    for trial in sorted(good, key=lambda t: (t.result.usd, t.result.p95_s)):
        if not front or trial.result.p95_s < front[-1].result.p95_s:
            front.append(trial)
    return front
