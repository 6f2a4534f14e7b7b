"""Single changes that would meet a target which the answers cannot meet.

Each is searched as the wizard searches: few settings on some 20,000 requests. What a change costs
is said with it, so that a dearer GPU and a shorter answer can be weighed against each other.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from scaffold.errors import BadUsage
from scaffold.memory import MOST_AT_ONCE
from scaffold.plan.cadence import shown, usd_per_month
from scaffold.plan.formats import others
from scaffold.plan.hardware import ORDINARY
from scaffold.plan.planner import Planner
from scaffold.plan.search import Target, Trial
from scaffold.plan.sizing import PARALLEL

Resolve = Callable[[Mapping[str, Any]], Mapping[str, Any] | None]
# Of each kind of change so many are searched, those with the lowest price first.
SEARCHED = 3
# Shares of the tokens of an answer that are tried.
SHORTER = (0.75, 0.5, 0.25)


@dataclass(frozen=True)
class Remedy:
    """One change that meets the target; `needs` is what else it takes."""

    change: Mapping[str, Any]
    trial: Trial
    hours: float
    needs: str = ""

    @property
    def usd_per_month(self) -> float:
        """With the settings found for it."""
        return usd_per_month(self.trial.usd, self.hours)

    def as_json(self) -> dict[str, Any]:
        """One of `remedies`."""
        return {
            "change": dict(self.change),
            "needs": self.needs,
            "usd_per_month": round(self.usd_per_month, 2),
            **self.trial.as_json(),
        }

    def says(self) -> str:
        """In a few words."""
        what = ", ".join(f"{name} {_shown(value)}" for name, value in self.change.items())
        needs = f"; {self.needs}" if self.needs else ""
        p95, dollars = self.trial.result.p95_s, self.usd_per_month
        return f"{what} (p95 {p95:.1f} s, ${dollars:,.0f} a month{needs})"


@dataclass(frozen=True)
class _Case:
    """What misses the target; `gain` is the share of its 95th percentile that would meet it.

    `rate` are the requests per second of one instance.
    """

    planner: Planner
    resolve: Resolve
    gain: float
    rate: float

    def planner_of(self, changes: Mapping[str, Any]) -> Planner | None:
        """For changed answers; None where they do not work or nothing is known of the speed.

        A figure that was measured on one card or model says nothing of another.
        """
        request = self.planner.request
        if (
            request.seconds_per_request
            or request.tokens_per_second
            or request.measured
            or self.planner.recorded
        ):
            return None
        if (context := self.resolve(changes)) is None:
            return None
        try:
            other = Planner(context, request, self.planner.tick)
            other.duration(1)
        except BadUsage:
            return None
        return other

    def could(self, other: Planner) -> bool:
        """Is a request about so much quicker there, in as much company as the rate makes?"""
        return self._loaded(other) <= self.gain * self._loaded(self.planner)

    def _loaded(self, planner: Planner) -> float:
        seconds = planner.duration(1).mean
        for count in range(2, MOST_AT_ONCE + 1):
            if self.rate * seconds < count:
                break
            seconds = planner.duration(count).mean
        return seconds


def remedies(
    planner: Planner, chosen: Trial, target: Target, resolve: Resolve
) -> tuple[Remedy, ...]:
    """Those that were found for what misses the target, of each kind the cheapest.

    `resolve` makes the context of changed answers, None where they do not work.
    """
    result = chosen.result
    gain = min(1.0, target.p95_s / result.p95_s) if result.p95_s > 0 else 1.0
    rate = planner.traffic.mean_rate / max(result.instances_mean, 1.0)
    case, found = _Case(planner, resolve, gain, rate), list[Remedy]()
    for kind in (_released, _formats, _gpus, _counts, _shorter):
        meeting = []
        for change, other, needs in kind(case):
            trial, hours = other.quickly(target)
            if trial.meets_target:
                meeting.append(Remedy(change, trial, hours, needs))
                # Of answers the longest, which come first; of the others the cheapest.
                if kind is _shorter:
                    break
        found += sorted(meeting, key=lambda remedy: remedy.usd_per_month)[:1]
    return tuple(found)


def sentence(found: tuple[Remedy, ...]) -> str:
    """What to change, or that nothing helps alone."""
    if not found:
        return "No single change that was tried meets it either."
    return f"Each of these changes alone would meet it: {'; '.join(r.says() for r in found)}."


_Change = tuple[dict[str, Any], Planner, str]


def _released(case: _Case) -> Iterator[_Change]:
    """A setting that the search was told to leave alone."""
    planner = case.planner
    for name in planner.request.fixed:
        if hasattr(planner.given(), name):
            left = tuple(other for other in planner.request.fixed if other != name)
            request = replace(planner.request, fixed=left)
            yield {name: "left to the search"}, Planner(planner.context, request, planner.tick), ""


def _formats(case: _Case) -> Iterator[_Change]:
    """The same model with fewer bits."""
    for changes in others(case.planner.context):
        if (other := case.planner_of(changes)) and case.could(other):
            yield {"model": changes["model"]}, other, "it may answer a little worse"


def _gpus(case: _Case) -> Iterator[_Change]:
    """Another card, the cheapest first."""
    context = case.planner.context
    cards = sorted(context["gpus"], key=lambda gpu: gpu["usd_per_hour"])
    searched = 0
    for name in (gpu["id"] for gpu in cards if gpu["id"] not in context["eligible_gpus"]):
        other = case.planner_of({"include": [name], "exclude": []})
        if other and case.could(other):
            yield {"include": [name]}, other, _account(name, context["gpu_count"])
            searched += 1
            if searched == SEARCHED:
                return


def _counts(case: _Case) -> Iterator[_Change]:
    """More cards of the same kind."""
    context = case.planner.context
    for count in (count for count in PARALLEL if count > context["gpu_count"]):
        if (other := case.planner_of({"gpu_count": count})) and case.could(other):
            yield {"gpu_count": count}, other, _account(context["eligible_gpus"][0], count)
            return


def _shorter(case: _Case) -> Iterator[_Change]:
    """Shorter answers, the longest first."""
    planner = case.planner
    if planner.is_shared and planner.tokens.answer:
        for share in SHORTER:
            tokens = max(1, round(planner.tokens.answer * share))
            request = replace(planner.request, tokens_out=tokens)
            other = Planner(planner.context, request, planner.tick)
            if case.could(other):
                yield {"tokens_out": tokens}, other, ""


def _account(gpu: str, count: int) -> str:
    return "" if (gpu, count) == ORDINARY else "the account must be allowed to deploy there"


def _shown(value: Any) -> str:
    return ", ".join(map(shown, value)) if isinstance(value, list) else shown(value)
