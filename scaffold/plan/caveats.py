"""What the platform's rules imply for these settings and people do not expect."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from scaffold.answers.advice import HOURS_PER_MONTH
from scaffold.plan.search import Target, Trial

if TYPE_CHECKING:
    from scaffold.plan.planning import Planner


def warnings(planner: "Planner", chosen: Trial, target: Target) -> Iterator[str]:
    """One sentence or two each, about the chosen settings."""
    yield from _target(chosen, target)
    yield from _load(planner, chosen)
    yield from _sampling(planner, chosen)
    yield from _swinging(planner, chosen)
    yield from _cold(planner, chosen)
    yield from _warm(planner, chosen)
    yield from _otherwise(planner, chosen)


def _target(chosen: Trial, target: Target) -> Iterator[str]:
    if not chosen.meets_target:
        result = chosen.result
        yield (
            f"No settings that were tried meet the target (p95 {target.p95_s:g} s, "
            f"{target.refused_share:.2%} refused): these come nearest with p95 "
            f"{result.p95_s:.1f} s and {result.refused_share:.2%} refused."
        )


def _load(planner: "Planner", chosen: Trial) -> Iterator[str]:
    settings = chosen.settings
    seconds = planner.duration(settings.concurrency).mean
    busy = planner.traffic.peak * seconds
    slots = settings.concurrency * settings.max_instances
    if busy > slots:
        yield (
            f"At its peak the traffic keeps {busy:.1f} requests in work, all instances together "
            f"have {slots} slots: no other setting can make up for that."
        )
    fitting = planner.fitting()
    if fitting is not None and fitting < settings.concurrency:
        yield (
            f"Memory holds {fitting} requests of the expected length at once, concurrency is "
            f"{settings.concurrency}: the engine queues the others and they take longer."
        )


def _sampling(planner: "Planner", chosen: Trial) -> Iterator[str]:
    settings = chosen.settings
    if planner.book.rules.utilization_sample != "arrival" or settings.max_instances == 1:
        return
    if settings.concurrency == 1:
        share = settings.scaling_threshold
        load = share / (1 - share) if share < 1 else float("inf")
        yield (
            "With concurrency 1 the autoscaler sees 1 only while every instance is busy, else "
            f"0, so scaling_threshold {share:g} adds the second instance once {share:.0%} of all "
            f"attempts are turned away (without retries that takes {load:.1f} requests in work at "
            "once): serial chutes scale late. A low threshold is the only remedy."
        )
    elif settings.scaling_threshold * settings.concurrency % 1:
        step = 1 / settings.concurrency
        yield (
            f"The autoscaler rounds requests per instance down, so it sees utilisation in steps "
            f"of {step:.2g}: with concurrency {settings.concurrency} instances come later than "
            f"scaling_threshold {settings.scaling_threshold:g} says."
        )


def _swinging(planner: "Planner", chosen: Trial) -> Iterator[str]:
    result, settings = chosen.result, chosen.settings
    replaced = result.instances_started - result.instances_lost - result.cold_starts
    surplus = replaced - (result.instances_max - 1) * max(1.0, planner.traffic.hours / 24)
    if settings.max_instances > 1 and surplus > max(2.0, planner.traffic.hours / 6):
        yield (
            f"The instance count swings: {result.instances_started} instances are started for at "
            f"most {result.instances_max} at once. Below scaling_threshold the platform removes "
            "one every half hour, whatever remains, and adds it again when the others fill up."
        )


def _cold(planner: "Planner", chosen: Trial) -> Iterator[str]:
    result = chosen.result
    if result.cold_starts:
        seconds = planner.cold_start()
        yield (
            f"The chute is woken from zero {result.cold_starts} times; each time callers get 503 "
            f"for about {seconds:.0f} s and must ask again."
        )
    if planner.callers.patience < planner.cold_start():
        yield (
            f"Callers give up after {planner.callers.patience:g} s, a cold start takes about "
            f"{planner.cold_start():.0f} s: every request to a sleeping chute fails."
        )


def _warm(planner: "Planner", chosen: Trial) -> Iterator[str]:
    if chosen.settings.keep_warm:
        month = planner.hardware().usd_per_hour * HOURS_PER_MONTH
        yield (
            f"keep_warm pings bill one instance round the clock, about ${month:,.0f} a month, and "
            "are best effort: the platform may still take the instance away. A monitor that calls "
            "/health does the same."
        )


def _otherwise(planner: "Planner", chosen: Trial) -> Iterator[str]:
    """The autoscaler in use is not public: what if it is of the other generation?"""
    settings = chosen.settings
    if settings.max_instances == 1 or not planner.request.search:
        return
    for name, other in planner.otherwise(settings).items():
        usual = chosen.result.instances_mean
        if other.instances_mean < 1.3 * usual and other.refused_share < 0.01:
            continue
        month = other.instances_mean * planner.hardware().usd_per_hour * HOURS_PER_MONTH
        yield (
            f"If the platform's autoscaler is that of {name}, these settings hold "
            f"{other.instances_mean:.1f} instances on average instead of {usual:.1f} "
            f"(about ${month:,.0f} a month, p95 {other.p95_s:.1f} s, "
            f"{other.refused_share:.2%} refused). Plan for it: --platform-rules {name}."
        )
