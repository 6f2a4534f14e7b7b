"""What a plan comes to, in words: which settings, what they cost a month, what users feel."""

import math
from collections.abc import Iterator

from scaffold.answers.advice import HOURS_PER_MONTH
from scaffold.plan.cadence import shown, usd_per_month
from scaffold.plan.planning import Plan
from scaffold.plan.simulation import Result

_DAY = 24.0


def seconds(value: float) -> str:
    """With two digits that mean something; minutes from two of them on."""
    if math.isnan(value):
        return "no time at all"
    if value >= 120:
        return f"{value / 60:.0f} min"
    return (
        f"{value:.0f} s" if value >= 9.95 else f"{value:.1f} s" if value >= 1 else f"{value:.2g} s"
    )


def dollars(value: float) -> str:
    """With three digits, and no cents from ten on."""
    if value < 10:
        return f"${value:.2f}"
    return f"${round(value, 2 - math.floor(math.log10(value))):,.0f}"


def one_in(share: float) -> str:
    """A share of requests that a person can picture."""
    if not share:
        return "none"
    if share >= 0.1:
        return f"{share:.0%}"
    each = 1 / share
    return f"one of {round(each, 1 - math.floor(math.log10(each))):,.0f}"


def month(plan: Plan, result: Result) -> float:
    """US dollars a month at this rate."""
    return usd_per_month(result.usd, plan.traffic.hours)


def figures(result: Result, plan: Plan) -> Iterator[tuple[str, str]]:
    """What a result comes to, a name and a figure each."""
    yield "answered", f"{result.completed:,}"
    yield "never answered", f"{result.refused:,}"
    yield "half of the answers within", seconds(result.p50_s)
    yield "95 of 100 within", seconds(result.p95_s)
    yield "99 of 100 within", seconds(result.p99_s)
    yield "instances on average", f"{result.instances_mean:.2g}"
    yield "instances at most", f"{result.instances_max}"
    yield "woken from sleep", f"{result.cold_starts}"
    yield "answers 429", f"{result.busy_answers:,}"
    yield "a month at this rate", dollars(month(plan, result))


def paragraphs(plan: Plan) -> Iterator[tuple[str, str]]:
    """A question and its answer, three of them."""
    yield "Which settings?", " ".join(_settings(plan))
    yield "What will it cost a month?", " ".join(_cost(plan))
    yield "What will users feel?", " ".join(_users(plan))


def _settings(plan: Plan) -> Iterator[str]:
    settings, given = plan.chosen.settings, plan.given.settings
    count, cards = plan.context["gpu_count"], plan.context["eligible_gpus"]
    at_once = _requests(settings.concurrency)
    yield f"{count} x {' or '.join(cards)} for each instance, which works on {at_once} at once."
    most = settings.max_instances
    if most > 1:
        yield (
            f"Up to {most} instances, one more when {settings.scaling_threshold:.0%} of their "
            "places are in use;"
        )
    else:
        yield "One instance and no more;"
    yield f"one that nobody called for {seconds(settings.shutdown_after_seconds)} is shut down."
    if settings.keep_warm:
        yield "A call on a schedule keeps one up."
    changed = [
        f"{name} (was {shown(getattr(given, name))})"
        for name, value in settings.as_json().items()
        if value != getattr(given, name)
    ]
    yield f"New: {', '.join(changed)}." if changed else "The answers say so already."


def _requests(count: int) -> str:
    return "one request" if count == 1 else f"{count} requests"


def _cost(plan: Plan) -> Iterator[str]:
    ends = sorted(month(plan, end.result) for end in plan.cadences)
    low, high = dollars(ends[0]), dollars(ends[-1])
    spent = (
        f"About {low}"
        if low == high
        else f"{low} to {high}, by how often the platform's autoscaler runs"
    )
    result = plan.chosen.result
    mean, most = f"{result.instances_mean:.2g}", result.instances_max
    yield f"{spent}, for {mean} instances on average and {most} at most."
    hourly = result.usd / max(result.billed_seconds, 1e-9) * 3600
    cap = hourly * plan.chosen.settings.max_instances * HOURS_PER_MONTH
    if hourly:
        yield f"Never more than {dollars(cap)}, with all instances up round the clock."


def _users(plan: Plan) -> Iterator[str]:
    result = plan.chosen.result
    if math.isnan(result.p95_s):
        yield "Nobody is answered in this traffic."
        return
    yield (
        f"Half of the answers are complete within {seconds(result.p50_s)}, 95 of 100 within "
        f"{seconds(result.p95_s)}, 99 of 100 within {seconds(result.p99_s)}."
    )
    refused = one_in(result.refused_share)
    verb = "gives" if refused.startswith("one") else "give"
    yield f"{refused[0].upper()}{refused[1:]} {verb} up without an answer."
    if result.cold_starts:
        daily = result.cold_starts / plan.traffic.hours * _DAY
        often = "once" if round(daily) <= 1 else f"{daily:.0f} times"
        waits = seconds(plan.sizing.value("cold start in seconds"))
        yield f"The chute is woken from sleep {often} a day; who wakes it waits about {waits}."
    if token := plan.sizing.value("seconds to the first token"):
        yield f"Streamed answers begin after about {seconds(token)}, an estimate."
