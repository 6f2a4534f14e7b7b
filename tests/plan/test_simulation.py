"""The simulated platform against queueing theory, a slow reference, and its own books."""

import math
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scaffold.plan import serving
from scaffold.plan.routing import least_busy
from scaffold.plan.settings import Callers, Hardware, Settings
from scaffold.plan.simulation import Result, Simulation
from scaffold.plan.traffic import Duration, constant, daily, spike
from support.plan_reference import Reference
from support.queueing import erlang_b, waiting_mdc, waiting_mmc
from support.simulating import FOREVER, RULES, drawn, simulate


def queueing(servers: int, load: float, kind: str, requests: int, seed: int = 1) -> Result:
    """Requests of one second on average wait in line for `servers` slots that are always there."""
    rate = servers * load
    return simulate(
        Settings(servers, max_instances=1, shutdown_after_seconds=FOREVER),
        constant(rate, requests / rate / 3600),
        Duration(1.0, kind),
        Callers("queue", math.inf),
        warm=1,
        seed=seed,
    )


def test_crommelins_formula_is_right_where_another_is_known() -> None:
    assert waiting_mdc(1, 0.6) == pytest.approx(0.6 / (2 * (1 - 0.6)), rel=1e-6)


@pytest.mark.whole
@pytest.mark.parametrize(("servers", "load"), [(1, 0.5), (2, 0.6), (5, 0.7)])
def test_waiting_in_line_is_that_of_mmc(servers: int, load: float) -> None:
    result = queueing(servers, load, "exponential", 1_500_000)
    assert result.mean_wait_s == pytest.approx(waiting_mmc(servers, load), rel=0.02)


@pytest.mark.whole
@pytest.mark.parametrize(("servers", "load"), [(1, 0.6), (3, 0.7), (5, 0.7)])
def test_waiting_in_line_is_that_of_mdc(servers: int, load: float) -> None:
    result = queueing(servers, load, "constant", 1_000_000)
    assert result.mean_wait_s == pytest.approx(waiting_mdc(servers, load), rel=0.02)


@pytest.mark.whole
@pytest.mark.parametrize(("servers", "offered"), [(1, 0.5), (4, 4.0), (8, 20.0), (64, 75.0)])
@pytest.mark.parametrize("kind", ["exponential", "constant", "lognormal"])
def test_the_share_refused_is_erlangs_whatever_the_work_looks_like(
    servers: int, offered: float, kind: str
) -> None:
    result = simulate(
        Settings(servers, max_instances=1, shutdown_after_seconds=FOREVER),
        constant(offered, 400_000 / offered / 3600),
        Duration(1.0, kind),
        Callers("give-up"),
        warm=1,
    )
    assert result.refused_share == pytest.approx(erlang_b(servers, offered), rel=0.02)


@st.composite
def cases(draw: st.DrawFn) -> dict[str, Any]:
    """Small cases of every kind."""
    return {
        "settings": Settings(
            concurrency=draw(st.integers(1, 4)),
            max_instances=draw(st.integers(1, 4)),
            scaling_threshold=draw(st.sampled_from([0.1, 0.25, 0.5, 0.75, 1.0])),
            shutdown_after_seconds=draw(st.sampled_from([60, 120, 300, FOREVER])),
        ),
        "rate": draw(st.sampled_from([0.005, 0.05, 0.3, 1.0, 3.0])),
        "mean": draw(st.sampled_from([0.5, 4.0, 30.0])),
        # No two requests end in the same instant: which of them is first would be anybody's guess.
        "duration": (
            draw(st.sampled_from(["exponential", "lognormal"])),
            draw(st.sampled_from([0.01, 0.5, 2.0])),
        ),
        "cold": draw(st.sampled_from([20.0, 133.0, 400.0])),
        "callers": Callers(
            draw(st.sampled_from(["retry", "queue", "give-up"])),
            patience=draw(st.sampled_from([5.0, 100.0, 600.0])),
            jitter=0.0,
        ),
        "rules": RULES.changed(
            utilization_sample=draw(st.sampled_from(["arrival", "clock"])),
            idle_timer_seconds=draw(st.sampled_from([0, 60])),
            established_seconds=draw(st.sampled_from([120, 3780])),
            removal_seconds=draw(st.sampled_from([300, 1800])),
            removal_min_active=draw(st.sampled_from([2, 3])),
            autoscaler_seconds=draw(st.sampled_from([60, 300, 600])),
            sticky_seconds=draw(st.sampled_from([0, 600, 1200])),
            bounty_cooldown_seconds=draw(st.sampled_from([0, 300])),
        ),
        "warm": draw(st.booleans()),
        "seed": draw(st.integers(0, 10_000)),
    }


def first_least_busy(
    starts: list[float],
    ends: list[float],
    running: Iterable[tuple[float, int]],
    instances: Sequence[int],
    lot: Any,
) -> list[int]:
    """Routing without a lot: the first of the least busy, as the reference chooses."""
    jobs, chosen = list(running), []
    for start, end in zip(starts, ends, strict=True):
        busy = [sum(1 for until, i in jobs if i == name and until > start) for name in instances]
        chosen.append(instances[busy.index(min(busy))])
        jobs.append((end, chosen[-1]))
    return chosen


@pytest.mark.whole
@settings(max_examples=40, deadline=None, derandomize=True)
@given(cases())
def test_small_cases_are_those_of_the_slow_reference(case: dict[str, Any]) -> None:
    """To the last digit, once the lot among equally busy instances is taken out of both."""
    chosen, seed, rules = case["settings"], case["seed"], case["rules"]
    traffic = constant(case["rate"], 0.6)
    duration = Duration(case["mean"], *case["duration"])
    reference = Reference(chosen, rules, case["callers"], case["cold"], traffic.seconds, seed)
    story = reference.play(drawn(traffic, duration, seed), warm=case["warm"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(serving, "least_busy", first_least_busy)
        patch.setattr(serving, "DENSE", math.inf)
        result = simulate(
            chosen,
            traffic,
            duration,
            case["callers"],
            Duration(case["cold"], "constant", 0.0),
            rules=rules,
            seed=seed,
            warm=int(case["warm"]),
        )
    assert (result.completed, result.refused) == (story.completed, story.refused)
    assert (result.busy_answers, result.cold_answers) == (story.busy, story.cold)
    assert result.mean_s * result.completed == pytest.approx(story.latency, rel=1e-9, abs=1e-6)
    assert result.instances_max == story.most
    assert result.instances_started == story.started
    assert result.cold_starts == story.woken
    assert result.billed_seconds == pytest.approx(story.billed, rel=1e-9, abs=1e-6)


TRAFFICS = {
    "constant": constant(2.0, 4),
    "daily": daily(1.5, 24),
    "spike": spike(0.5, 6, 20, 3, 20),
    "rare": constant(0.002, 24),
}


@pytest.mark.whole
@pytest.mark.parametrize("name", TRAFFICS)
@pytest.mark.parametrize("when_full", ["retry", "queue", "give-up"])
def test_every_request_ends_once_and_every_billed_second_is_paid(name: str, when_full: str) -> None:
    traffic, chosen = TRAFFICS[name], Settings(4, max_instances=4, scaling_threshold=0.5)
    rules = RULES.changed(losses_per_instance_day=12)
    duration, hardware = Duration(5.0), Hardware(3.6, Duration(150, cv=0.3))
    simulation = Simulation(
        chosen,
        traffic,
        duration,
        rules=rules,
        hardware=hardware,
        callers=Callers(when_full),
        seed=3,
    )
    result = simulation.run()
    assert result.requests == len(drawn(traffic, duration, 3))
    assert result.requests == result.completed + result.refused
    rows = simulation.ledger.rows
    assert rows["completed"].sum() == result.completed
    assert rows["refused"].sum() == result.refused
    assert simulation.ledger.histogram.sum() == result.completed
    assert rows["billed_seconds"].sum() == pytest.approx(result.billed_seconds)
    assert result.usd == pytest.approx(result.billed_seconds / 1000)
    assert result.timeline["usd"][-1] == pytest.approx(result.usd)
    assert result.billed_seconds <= result.instances_mean * traffic.seconds + 1e-6
    assert result.instances_lost > 0 or name == "rare"


def test_the_same_seed_tells_the_same_story_and_another_does_not() -> None:
    def story(seed: int) -> Result:
        return simulate(Settings(2), constant(1.0, 6), Duration(2.0), seed=seed)

    first, again, other = story(7), story(7), story(8)
    assert first.as_json() == again.as_json()
    assert first.as_json() != other.as_json()


def test_settings_are_compared_on_the_same_requests() -> None:
    small = simulate(Settings(1), constant(1.0, 2), Duration(2.0))
    large = simulate(Settings(8), constant(1.0, 2), Duration(2.0))
    assert small.requests == large.requests


@pytest.mark.whole
def test_two_idle_instances_share_the_calls_as_by_lot() -> None:
    """An instance idles out when the lot misses it for long enough."""
    chosen = Settings(2, max_instances=3, scaling_threshold=0.05, shutdown_after_seconds=120)
    traffic, duration = constant(0.03, 3.0), Duration(40.0, "exponential")
    rules = RULES.changed(sample_refresh_seconds=60)
    billed, expected = [], []
    for seed in range(60):
        arrivals = drawn(traffic, duration, seed)
        callers = Callers(jitter=0.0)
        reference = Reference(chosen, rules, callers, 60.0, traffic.seconds, seed)
        expected.append(reference.play(arrivals, warm=True).billed)
        cold = Duration(60.0, "constant", 0.0)
        result = simulate(chosen, traffic, duration, callers, cold, rules=rules, seed=seed, warm=1)
        billed.append(result.billed_seconds)
    assert sum(billed) == pytest.approx(sum(expected), rel=0.05)


def test_an_engine_that_refuses_early_takes_no_more_than_that() -> None:
    most = {
        limit: simulate(
            Settings(8, max_instances=1, shutdown_after_seconds=FOREVER),
            constant(10.0, 3),
            Duration(1.0, "exponential"),
            Callers("give-up"),
            warm=1,
            engine_limit=limit,
        ).refused_share
        for limit in (4, 8, 20)
    }
    assert most[4] == pytest.approx(erlang_b(4, 10.0), rel=0.02)
    assert most[8] == most[20] == pytest.approx(erlang_b(8, 10.0), rel=0.03)


@pytest.mark.whole
def test_memory_does_not_grow_with_the_number_of_requests() -> None:
    import tracemalloc

    def peak(hours: float) -> int:
        tracemalloc.start()
        simulate(Settings(256, max_instances=10), constant(100.0, hours), Duration(2.0), warm=4)
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    assert peak(12) < 1.3 * peak(4)


@given(st.lists(st.tuples(st.floats(0, 10), st.floats(0.1, 10)), max_size=60), st.integers(2, 6))
def test_a_request_goes_to_one_of_the_least_busy(
    jobs: list[tuple[float, float]], count: int
) -> None:
    jobs.sort()
    starts, ends = [s for s, _ in jobs], [s + w for s, w in jobs]
    names = list(range(10, 10 + count))
    chosen = least_busy(starts, ends, [], names, random.Random(1))
    for number, start in enumerate(starts):
        before = zip(chosen[:number], ends[:number], strict=True)
        busy = Counter(name for name, end in before if end > start)
        assert busy[chosen[number]] == min(busy[name] for name in names)


def test_the_lot_is_fair() -> None:
    starts = [10.0 * n for n in range(3000)]
    chosen = least_busy(starts, [s + 1 for s in starts], [], [1, 2, 3], random.Random(1))
    assert all(900 < times < 1100 for times in Counter(chosen).values())
