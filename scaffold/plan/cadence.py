"""What a plan comes to at each end of what is known about how often the autoscaler runs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from scaffold.answers.advice import HOURS_PER_MONTH
from scaffold.plan.planner import Planner
from scaffold.plan.search import Target, Trial, best
from scaffold.plan.settings import Settings
from scaffold.plan.simulation import Result

# Settings that are cheaper by less at one end than the chosen ones are no other advice.
WORTH_TELLING = 0.1


@dataclass(frozen=True)
class End:
    """The chosen settings at one end, and what would be chosen if that were the cadence.

    `instead` is None where the same settings would be chosen, or others for nearly the same money.
    """

    result: Result
    meets_target: bool
    instead: tuple[Settings, Result] | None = None

    @property
    def seconds(self) -> float:
        """The time between two runs."""
        return self.result.autoscaler_seconds

    def as_json(self) -> dict[str, Any]:
        """One of `cadences`."""
        found = (
            {"settings": self.instead[0].as_json(), "result": self.instead[1].as_json()}
            if self.instead
            else None
        )
        return {
            "autoscaler_seconds": self.seconds,
            "result": self.result.as_json(),
            "meets_target": self.meets_target,
            "chosen_instead": found,
        }


def ends(
    planner: Planner, chosen: Trial, trials: Sequence[Trial], target: Target
) -> tuple[End, ...]:
    """The chosen settings at each end."""
    found = []
    for number, (rules, result) in enumerate(zip(planner.book.ends, chosen.ends, strict=True)):
        instead = None
        if len(chosen.ends) > 1 and trials:
            alone = [Trial.of(t.settings, [t.ends[number]], target) for t in trials]
            other = best(alone, target).settings
            if other != chosen.settings:
                played = planner.simulate(other, rules=rules)
                instead = (other, played) if _better(played, result, target) else None
        found.append(End(result, target.met(result), instead))
    return tuple(found)


def _better(other: Result, result: Result, target: Target) -> bool:
    """Does it meet what the chosen settings miss, or for clearly less money?"""
    if not target.met(other):
        return False
    return not target.met(result) or other.usd < (1 - WORTH_TELLING) * result.usd


def sentences(found: Sequence[End], hours: float, chosen: Settings) -> Iterator[str]:
    """What to know where the advice depends on the cadence."""
    met = [end for end in found if end.meets_target]
    if met and len(met) < len(found):
        (missed,) = [end for end in found if not end.meets_target]
        yield (
            "These settings meet the target only if the platform runs its autoscaler every "
            f"{met[0].seconds:,g} s, and how often it does is not public: at every "
            f"{missed.seconds:,g} s p95 is {missed.result.p95_s:.1f} s and "
            f"{missed.result.refused_share:.2%} are refused. Nothing that was tried meets it at "
            "both ends."
        )
        return
    for end in found:
        if not end.instead or not met:
            continue
        settings, result = end.instead
        changed = ", ".join(
            f"{name} {shown(value)}"
            for name, value in settings.as_json().items()
            if value != getattr(chosen, name)
        )
        yield (
            "This advice depends on how often the platform runs its autoscaler, which is not "
            f"public. At every {end.seconds:,g} s, {changed} would meet the target for "
            f"{_month(result, hours)} a month instead of {_month(end.result, hours)}; the "
            "settings chosen meet it at both ends."
        )


def shown(value: object) -> str:
    """An answer as answers files have it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def usd_per_month(usd: float, hours: float) -> float:
    """At the rate of so many US dollars in so many hours."""
    return usd / hours * HOURS_PER_MONTH


def _month(result: Result, hours: float) -> str:
    return f"${usd_per_month(result.usd, hours):,.0f}"
