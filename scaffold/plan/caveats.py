"""What the platform's rules imply for these settings and people do not expect."""

from collections.abc import Iterator, Sequence

from scaffold.answers.advice import HOURS_PER_MONTH
from scaffold.plan import measured
from scaffold.plan.cadence import End, sentences, usd_per_month
from scaffold.plan.planner import Planner
from scaffold.plan.search import Target, Trial

# What is less than this share of the bill is not worth a sentence.
WORTH_TELLING = 0.05
# A share of busy slots at which calls are turned away often enough to be told.
OFTEN = 0.5
# The gateway sends a request to any instance within so many of the least busy, and tries so many.
BAND, TRIES = 2, 3


def warnings(
    planner: Planner, chosen: Trial, target: Target, cadences: Sequence[End]
) -> Iterator[str]:
    """One sentence or two each, about the chosen settings."""
    yield from _target(chosen, target)
    yield from sentences(cadences, planner.traffic.hours, chosen.settings)
    if planner.measured:
        at_once = planner.held(chosen.settings.concurrency)
        yield from measured.warnings(planner.measured, planner.tokens, at_once)
    yield from _load(planner, chosen)
    yield from _engine(planner, chosen)
    yield from _serial(planner, chosen)
    yield from _sampling(planner, chosen)
    yield from _started_again(planner, chosen)
    yield from _swinging(planner, chosen)
    yield from _cold(planner, chosen)
    yield from _cooldown(planner, chosen)
    yield from _warm(planner, chosen)


def _target(chosen: Trial, target: Target) -> Iterator[str]:
    if not any(map(target.met, chosen.ends)):
        result = chosen.result
        yield (
            f"No settings that were tried meet the target (p95 {target.p95_s:g} s, "
            f"{target.refused_share:.2%} refused): these come nearest with p95 "
            f"{result.p95_s:.1f} s and {result.refused_share:.2%} refused."
        )


def _load(planner: Planner, chosen: Trial) -> Iterator[str]:
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


def _engine(planner: Planner, chosen: Trial) -> Iterator[str]:
    """An engine that refuses below the declared concurrency is never seen as full."""
    settings, limit = chosen.settings, planner.request.engine_limit
    if limit is None or limit >= settings.concurrency:
        return
    share = limit / settings.concurrency
    told = (
        f"The engine answers 429 at {limit} of the {settings.concurrency} requests that "
        f"concurrency declares, so the platform sees {share:.2f} of an instance in use at most"
    )
    if settings.max_instances > 1 and share < settings.scaling_threshold:
        yield (
            f"{told}: scaling_threshold {settings.scaling_threshold:g} is out of reach and no "
            "instance can be counted on to be added (a 429 sets the instance to full only until "
            f"its next answer). Declare concurrency {limit}, or a scaling_threshold below "
            f"{share:.2f}."
        )
    else:
        yield f"{told}. Declare concurrency {limit}: then it is not sent what it cannot take."


def _serial(planner: Planner, chosen: Trial) -> Iterator[str]:
    """What an exact mean means for one request at a time."""
    settings, clock = chosen.settings, planner.book.rules.utilization_sample == "clock"
    if settings.concurrency == 1 < settings.max_instances and clock:
        share = settings.scaling_threshold
        if share >= OFTEN:
            yield (
                "An instance that serves one request at a time turns away as large a share of "
                f"calls as the share of time it is busy: at scaling_threshold {share:g} the "
                f"second instance is asked for when about {share:.0%} of calls already find the "
                "first one busy. A lower threshold adds it earlier and keeps it longer."
            )
    if settings.concurrency <= BAND and chosen.result.instances_max > TRIES and clock:
        yield (
            f"The gateway sends a call to any instance within {BAND} requests of the least busy "
            f"one and tries {TRIES}: with concurrency {settings.concurrency} and more than "
            f"{TRIES} instances some calls get 429 although an instance is free, which is not in "
            "the figures. Callers must retry."
        )


def _sampling(planner: Planner, chosen: Trial) -> Iterator[str]:
    """What the rules of 2025-10 saw, where somebody asks for them."""
    settings = chosen.settings
    if planner.book.rules.utilization_sample != "arrival" or settings.max_instances == 1:
        return
    if settings.concurrency == 1:
        share = settings.scaling_threshold
        load = share / (1 - share) if share < 1 else float("inf")
        yield (
            "With concurrency 1 and these rules the autoscaler sees 1 only while every instance "
            f"is busy, else 0, so scaling_threshold {share:g} adds the second instance once "
            f"{share:.0%} of all attempts are turned away (without retries that takes {load:.1f} "
            "requests in work at once)."
        )
    elif settings.scaling_threshold * settings.concurrency % 1:
        step = 1 / settings.concurrency
        yield (
            f"Under these rules the autoscaler rounds requests per instance down, so it sees "
            f"utilisation in steps of {step:.2g}: with concurrency {settings.concurrency} "
            f"instances come later than scaling_threshold {settings.scaling_threshold:g} says."
        )


def _started_again(planner: Planner, chosen: Trial) -> Iterator[str]:
    """Where the sticky target costs."""
    result = max(chosen.ends, key=lambda result: result.usd_started_again)
    if result.usd_started_again < WORTH_TELLING * result.usd:
        return
    month = usd_per_month(result.usd_started_again, planner.traffic.hours)
    minutes = planner.book.rules.sticky_seconds / 60
    old = f"for {minutes:g} minutes or more" if minutes else "until its next run"
    yield (
        f"{result.instances_started_again} of the {result.instances_started} instances are "
        f"started, and billed, only because the autoscaler holds its highest target {old} "
        f"(every {result.autoscaler_seconds:,g} s), about ${month:,.0f} a month: what idled out "
        "is launched again as long as one instance is left. A longer shutdown_after_seconds or "
        "fewer max_instances ends that."
    )


def _swinging(planner: Planner, chosen: Trial) -> Iterator[str]:
    result, settings = chosen.result, chosen.settings
    replaced = result.instances_started - result.instances_lost - result.cold_starts
    surplus = replaced - (result.instances_max - 1) * max(1.0, planner.traffic.hours / 24)
    if settings.max_instances > 1 and surplus > max(2.0, planner.traffic.hours / 6):
        yield (
            f"The instance count swings: {result.instances_started} instances are started for at "
            f"most {result.instances_max} at once. Below scaling_threshold the platform removes "
            "one every half hour, whatever remains, and adds it again when the others fill up."
        )


def _cold(planner: Planner, chosen: Trial) -> Iterator[str]:
    result = chosen.result
    if result.cold_starts:
        seconds = planner.cold_start()
        often = (
            "once; then" if result.cold_starts == 1 else f"{result.cold_starts} times; each time"
        )
        yield (
            f"The chute is woken from zero {often} callers get 503 for about {seconds:.0f} s and "
            "must ask again."
        )
    if planner.callers.patience < planner.cold_start():
        yield (
            f"Callers give up after {planner.callers.patience:g} s, a cold start takes about "
            f"{planner.cold_start():.0f} s: every request to a sleeping chute fails."
        )


def _cooldown(planner: Planner, chosen: Trial) -> Iterator[str]:
    cooldown = planner.book.rules.bounty_cooldown_seconds
    idle = chosen.settings.shutdown_after_seconds
    if idle < cooldown and chosen.result.cold_starts > 1 and not chosen.settings.keep_warm:
        yield (
            f"A chute can be woken again only {cooldown:g} s after its first instance became "
            f"active. With shutdown_after_seconds {idle} it may be asleep before: callers then "
            f"get 503 for up to {cooldown - idle:g} s more than a cold start takes."
        )


def _warm(planner: Planner, chosen: Trial) -> Iterator[str]:
    if chosen.settings.keep_warm:
        month = planner.hardware().usd_per_hour * HOURS_PER_MONTH
        yield (
            f"keep_warm pings bill one instance round the clock, about ${month:,.0f} a month, and "
            "are best effort: the platform may still take the instance away. A monitor that calls "
            "/health does the same."
        )
