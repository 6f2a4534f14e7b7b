"""Traffic, durations and the platform's rules: what feeds a simulation."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scaffold.errors import BadUsage
from scaffold.plan.planner import Planner
from scaffold.plan.planning import make
from scaffold.plan.request import Request
from scaffold.plan.rules import rule_book
from scaffold.plan.traffic import Duration, constant, daily, recorded, spike
from support.planning import context


def arrivals(traffic: Any, seed: int = 1) -> np.ndarray:
    """All arrival times."""
    return np.concatenate([times for times, _ in traffic.slices(Duration(1.0), seed)])


def test_a_constant_rate_is_poisson() -> None:
    times = arrivals(constant(5.0, 4))
    assert len(times) == pytest.approx(5 * 4 * 3600, rel=0.02)
    gaps = np.diff(times)
    assert gaps.min() >= 0
    assert gaps.std() / gaps.mean() == pytest.approx(1, rel=0.02)


def test_a_daily_curve_is_lowest_at_midnight_and_keeps_its_average() -> None:
    times = arrivals(daily(2.0, 24, 0.8))
    counts = np.histogram(times, bins=24, range=(0, 86400))[0]
    assert len(times) == pytest.approx(2 * 86400, rel=0.02)
    assert counts[0] == pytest.approx(2 * 3600 * 0.2, rel=0.1)
    assert counts[11] == pytest.approx(2 * 3600 * 1.8, rel=0.1)


def test_a_spike_is_where_it_was_asked_for() -> None:
    times = arrivals(spike(1.0, 3, 10, 1, 30))
    inside = ((times >= 3600) & (times < 5400)).sum()
    assert inside == pytest.approx(10 * 1800, rel=0.05)
    assert len(times) - inside == pytest.approx(2.5 * 3600, rel=0.05)


@pytest.mark.parametrize(
    "text",
    [
        "time,seconds\n5,1.5\n1,0.5\n",
        "5,1.5\n1,0.5\n",
        '{"time": 5, "seconds": 1.5}\n\n{"time": 1, "seconds": 0.5}\n',
        "time,seconds\n2026-01-01T00:00:05+00:00,1.5\n2026-01-01T00:00:01+00:00,0.5\n",
    ],
)
def test_recorded_arrivals_are_read_in_every_form(tmp_path: Path, text: str) -> None:
    file = tmp_path / "arrivals"
    file.write_text(text)
    traffic, duration = recorded(file)
    assert arrivals(traffic).tolist() == [0.0, 4.0]
    assert duration is not None
    assert sorted(duration.values.tolist()) == [0.5, 1.5]  # type: ignore[union-attr]


@pytest.mark.parametrize("text", ["", "time\nsoon\n", "time,seconds\n1,-2\n", '{"when": 1}\n'])
def test_arrivals_that_are_none_are_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "arrivals.csv"
    file.write_text(text)
    with pytest.raises(BadUsage):
        recorded(file)


def test_every_arrival_of_a_record_is_simulated(tmp_path: Path) -> None:
    file = tmp_path / "arrivals.csv"
    file.write_text("time,seconds\n" + "".join(f"{n // 3},1\n" for n in range(900)))
    found = make(Planner(context(), Request(arrivals=file, search=False)))
    assert found.chosen.result.requests == 900


@pytest.mark.parametrize("kind", ["lognormal", "exponential", "constant"])
def test_durations_have_the_mean_that_was_asked_for(kind: str) -> None:
    drawn = Duration(3.0, kind, 0.5).draw(200_000, np.random.default_rng(1))
    assert drawn.mean() == pytest.approx(3.0, rel=0.01)
    if kind == "lognormal":
        assert drawn.std() == pytest.approx(1.5, rel=0.02)


def test_every_rule_has_a_source_and_can_be_changed(tmp_path: Path) -> None:
    plain = rule_book()
    assert all(plain.sources.values())
    file = tmp_path / "rules.yml"
    file.write_text("removal_min_active: 5\nscrape_seconds: {value: 30, source: my measurement}\n")
    changed = rule_book(str(file))
    assert (changed.rules.removal_min_active, changed.rules.scrape_seconds) == (5, 30)
    assert changed.sources["scrape_seconds"] == "my measurement"


def test_the_newest_rules_are_the_default_and_older_ones_can_be_chosen() -> None:
    newest = rule_book()
    assert newest.ends == rule_book("2026-05").ends
    rules = newest.rules
    assert (rules.utilization_sample, rules.scrape_seconds) == ("clock", 10)
    assert (rules.sticky_seconds, rules.bounty_cooldown_seconds) == (2700, 600)
    assert newest.value("autoscaler_seconds") == [60, 1800]
    february = rule_book("2026-02")
    assert february.value("autoscaler_seconds") == [60, 1800]
    assert february.rules.sticky_seconds == 0
    october = rule_book("2025-10")
    assert len(october.ends) == 1
    assert (october.rules.utilization_sample, october.rules.autoscaler_seconds) == ("arrival", 60)
    assert october.rules.bounty_cooldown_seconds == october.rules.sticky_seconds == 0


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("scrape_secs: 3", "is no rule"),
        ("scrape_seconds: soon", "must be a number"),
        ("scrape_seconds: 0", "at least 1"),
        ("step: 1.5", "whole number"),
        ("utilization_sample: never", "arrival, clock"),
        ("autoscaler_seconds: [60]", "the ends of a range"),
        ("autoscaler_seconds: [0, 60]", "at least 1"),
        ("autoscaler_seconds: [1800, 60]", "the shorter time first"),
        ("removal_seconds: [60, 1800]", "must be a number"),
        ("- 1", "mapping"),
    ],
)
def test_rules_that_are_none_are_refused(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "rules.yml"
    file.write_text(text)
    with pytest.raises(BadUsage) as caught:
        rule_book(str(file))
    assert says in " ".join([caught.value.message, *(p.message for p in caught.value.problems)])
