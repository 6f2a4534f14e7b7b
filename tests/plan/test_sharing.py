"""Requests that share an engine: against closed forms, an obvious reference, and the books."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scaffold.plan import sharing
from scaffold.plan.clocks import Floor, Pool
from scaffold.plan.settings import Callers, Settings
from scaffold.plan.simulation import Result
from scaffold.plan.traffic import Duration, Traffic, constant
from support.plan_sharing import SharedReference, blocked, mean_seconds
from support.simulating import FOREVER, RULES, drawn, simulate

KINDS = [("exponential", 1.0), ("constant", 0.0), ("lognormal", 1.5)]


def play(chosen: Settings, traffic: Traffic, pace: list[float], **more: Any) -> Result:
    """One simulation of an instance that is up, whose work is exponential unless told otherwise."""
    options = {
        "duration": Duration(1.0, "exponential"),
        "cold": Duration(120, "constant", 0.0),
        "callers": Callers("give-up"),
        "warm": 1,
        **more,
    }
    return simulate(chosen, traffic, pace=pace, **options)


def alone(slots: int) -> Settings:
    """One instance that is always there."""
    return Settings(slots, max_instances=1, shutdown_after_seconds=FOREVER)


@pytest.mark.whole
@pytest.mark.parametrize(("kind", "cv"), KINDS)
def test_one_instance_that_divides_itself_is_mg1_ps(kind: str, cv: float) -> None:
    """The mean is 1 / (1 - load) whatever the work looks like."""
    pace = [float(n) for n in range(151)]
    traffic = constant(0.5, 500_000 / 0.5 / 3600)
    result = play(alone(150), traffic, pace, duration=Duration(1.0, kind, cv))
    assert result.refused == 0
    assert result.mean_s == pytest.approx(1 / (1 - 0.5), rel=0.02)


@pytest.mark.parametrize(("kind", "cv"), KINDS)
@pytest.mark.parametrize("rate", [3.0, 6.0])
def test_four_workers_in_ten_places_are_mmck(kind: str, cv: float, rate: float) -> None:
    """Both the share refused and the mean, which do not depend on what the work looks like."""
    pace = [1.0, *(max(1.0, n / 4) for n in range(1, 11))]
    traffic = constant(rate, 60_000 / rate / 3600)
    result = play(alone(10), traffic, pace, duration=Duration(1.0, kind, cv))
    assert result.refused_share == pytest.approx(blocked(pace, rate), rel=0.02, abs=0.0025)
    assert result.mean_s == pytest.approx(mean_seconds(pace, rate), rel=0.02)


def test_the_seconds_of_a_request_follow_the_number_in_flight_while_it_is_served() -> None:
    """One comes at 0, one at 1; alone a request takes 2 s, beside another 3 s."""
    times = np.array([0.0, 1.0])
    traffic = Traffic(0.1, lambda t: np.full_like(t, 1.0), 1.0, "two", times)
    result = play(alone(2), traffic, [2.0, 2.0, 3.0], duration=Duration(1.0, "constant"))
    # The first has half left at 1 and ends at 2.5; the second has half left then, and ends at 3.5.
    assert result.mean_s == pytest.approx((2.5 + 2.5) / 2)


@st.composite
def cases(draw: st.DrawFn) -> dict[str, Any]:
    """Small cases of every kind."""
    slots = draw(st.integers(1, 5))
    slope = draw(st.sampled_from([0.0, 0.2, 1.0]))
    mean = draw(st.sampled_from([0.5, 4.0, 30.0]))
    return {
        "settings": Settings(
            slots,
            max_instances=draw(st.integers(1, 4)),
            scaling_threshold=draw(st.sampled_from([0.1, 0.25, 0.5, 0.75])),
            shutdown_after_seconds=draw(st.sampled_from([120, 300, FOREVER])),
        ),
        "pace": [mean * (1 + slope * max(0, n - 1)) for n in range(slots + 1)],
        "rate": draw(st.sampled_from([0.005, 0.05, 0.3, 1.0])),
        "cv": draw(st.sampled_from([0.1, 0.5, 2.0])),
        "cold": draw(st.sampled_from([20.0, 133.0])),
        "callers": Callers(
            draw(st.sampled_from(["retry", "queue", "give-up"])),
            patience=draw(st.sampled_from([5.0, 100.0, 600.0])),
            jitter=0.0,
        ),
        "rules": RULES.changed(
            autoscaler_seconds=draw(st.sampled_from([60, 300])),
            established_seconds=draw(st.sampled_from([120, 3780])),
            removal_seconds=draw(st.sampled_from([300, 1800])),
        ),
        "warm": draw(st.booleans()),
        "seed": draw(st.integers(0, 10_000)),
    }


class First(Floor):
    """The first of the least busy, as the reference chooses."""

    def free(self) -> Pool | None:
        pool = min(self.pools, key=len, default=None)
        return pool if pool is not None and len(pool) < pool.slots else None


def compare(case: dict[str, Any], hours: float) -> None:
    """Every figure of the simulation is that of the reference."""
    traffic, seed = constant(case["rate"], hours), case["seed"]
    work = Duration(1.0, "lognormal", case["cv"])
    reference = SharedReference(
        case["settings"],
        case["rules"],
        case["callers"],
        case["cold"],
        traffic.seconds,
        seed,
        case["pace"],
    )
    story = reference.play(drawn(traffic, work, seed), warm=case["warm"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sharing, "Floor", First)
        patch.setattr(sharing, "DENSE", math.inf)
        result = play(
            case["settings"],
            traffic,
            case["pace"],
            duration=work,
            callers=case["callers"],
            rules=case["rules"],
            seed=seed,
            warm=int(case["warm"]),
            cold=Duration(case["cold"], "constant", 0.0),
        )
    assert (result.completed, result.refused) == (story.completed, story.refused)
    assert (result.busy_answers, result.cold_answers) == (story.busy, story.cold)
    assert result.mean_s * result.completed == pytest.approx(story.latency, rel=1e-9, abs=1e-6)
    assert (result.instances_max, result.instances_started) == (story.most, story.started)
    assert result.billed_seconds == pytest.approx(story.billed, rel=1e-9, abs=1e-6)


@settings(max_examples=12, deadline=None, derandomize=True)
@given(cases())
def test_small_cases_are_those_of_the_slow_reference(case: dict[str, Any]) -> None:
    compare(case, 0.2)


@pytest.mark.whole
@settings(max_examples=40, deadline=None, derandomize=True)
@given(cases())
def test_longer_cases_are_those_of_the_slow_reference(case: dict[str, Any]) -> None:
    compare(case, 1.0)


@pytest.mark.whole
def test_one_clock_for_evenly_busy_instances_is_near_to_one_for_each(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    chosen = Settings(16, max_instances=3, scaling_threshold=0.6, shutdown_after_seconds=FOREVER)
    pace = [2.0, *(2.0 + 0.1 * n for n in range(1, 17))]
    traffic = constant(9.0, 4)
    one = play(chosen, traffic, pace, callers=Callers())
    monkeypatch.setattr(sharing, "DENSE", math.inf)
    each = play(chosen, traffic, pace, callers=Callers())
    assert one.requests == each.requests
    assert one.mean_s == pytest.approx(each.mean_s, rel=0.02)
    assert one.p95_s == pytest.approx(each.p95_s, rel=0.03)
    assert one.usd == pytest.approx(each.usd, rel=0.02)


@pytest.mark.parametrize("when_full", ["retry", "queue", "give-up"])
def test_every_request_ends_once_though_instances_are_lost(when_full: str) -> None:
    chosen = Settings(4, max_instances=3, scaling_threshold=0.5, shutdown_after_seconds=120)
    pace = [4.0, *(4.0 + 1.0 * n for n in range(1, 5))]
    rules = RULES.changed(losses_per_instance_day=24)
    work, traffic = Duration(1.0), constant(0.7, 4)
    result = play(chosen, traffic, pace, callers=Callers(when_full), rules=rules, duration=work)
    assert result.requests == len(drawn(traffic, work, 1))
    assert result.requests == result.completed + result.refused
    assert result.instances_lost > 0
    assert 0 <= result.mean_wait_s < result.mean_s
