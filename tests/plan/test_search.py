"""The search for settings: the cheapest that meet the target, and what it tries."""

from dataclasses import replace
from pathlib import Path

import pytest

from scaffold.answers.questions import Questionnaire
from scaffold.plan.command import suggest
from scaffold.plan.planner import Planner
from scaffold.plan.planning import Plan, make
from scaffold.plan.request import Request
from scaffold.plan.search import Choices, Target, best, pareto, search
from scaffold.plan.settings import Settings
from scaffold.plan.simulation import Result
from scaffold.plan.traffic import constant, daily, recorded, spike
from support.answers import REQUIRED
from support.planning import SETTINGS, context, outcome


def test_the_search_finds_the_cheapest_that_meets_the_target() -> None:
    """On a made-up world where the answer is known: cost and latency follow from two settings."""

    def world(settings: Settings) -> list[Result]:
        p95 = 20 / settings.max_instances + 10 * settings.scaling_threshold
        return [outcome(settings.max_instances + settings.shutdown_after_seconds / 1000, p95)]

    choices, target = Choices((1,), (1, 2, 3, 4, 5, 6)), Target(6.0)
    trials = search(Settings(1, 6), choices, target, world)
    found = min((t for t in trials if t.meets_target), key=lambda trial: trial.result.usd)
    assert found.settings == Settings(1, 4, 0.1, 60, False)


def test_the_front_holds_what_nothing_else_beats() -> None:
    world = {1: outcome(1, 9), 2: outcome(2, 5), 3: outcome(3, 6), 4: outcome(1.5, 2, refused=500)}
    target = Target(7.0)
    trials = search(
        Settings(1, 1),
        Choices((1,), (1, 2, 3, 4), (0.75,), (300,), (False,)),
        target,
        lambda settings: [world[settings.max_instances]],
    )
    assert [trial.settings.max_instances for trial in pareto(trials, target)] == [1, 2]


def test_the_chosen_settings_meet_the_target_when_played_in_full(plan: Plan) -> None:
    assert plan.chosen.meets_target
    assert plan.chosen.result.p95_s <= 15
    costs = [trial.result.usd for trial in plan.front]
    latencies = [trial.result.p95_s for trial in plan.front]
    assert costs == sorted(costs)
    assert latencies == sorted(latencies, reverse=True)


def test_the_search_declares_what_the_engine_holds() -> None:
    request = Request(rps=0.5, hours=1, seconds_per_request=2, engine_limit=40)
    found = make(Planner(context(workload="llm"), request))
    assert max(trial.settings.concurrency for trial in found.trials) == 40


def test_suggest_is_what_the_wizard_needs() -> None:
    traffic = {"rps": 0.1, "hours": 2, "seconds_per_request": 2.0}
    found = suggest({"workload": "image"}, traffic, {"p95_s": 300, "refused_share": 0.02})
    assert set(found.answers) == set(SETTINGS)
    assert found.answers["concurrency"] == 1
    assert found.trial.meets_target
    for result in found.trial.ends:
        assert f"within {result.p95_s:.1f} s" in found.says()
    questionnaire = Questionnaire()
    assert questionnaire.resolve({**REQUIRED, **found.answers}).problems == []
    hopeless = suggest({"workload": "image"}, traffic, {"p95_s": 0.5})
    assert not hopeless.trial.meets_target
    assert "misses the target" in hopeless.says()


@pytest.mark.parametrize("rps", [1, 10])
def test_advice_for_many_requests_has_instances_for_them(
    monkeypatch: pytest.MonkeyPatch, rps: int
) -> None:
    """Three seconds each: at noon `rps * 1.8 * 3` are in work, which the morning has filled."""
    monkeypatch.setattr("scaffold.plan.planner.QUICK_REQUESTS", 5_000)
    traffic = {"rps": rps, "hours": 24, "pattern": "daily", "seconds_per_request": 3.0}
    found = suggest({"workload": "image"}, traffic, {"p95_s": 60, "refused_share": 0.2})
    assert found.answers["max_instances"] >= rps * 1.8 * 3
    assert found.trial.result.finished


@pytest.mark.parametrize("helped", [10, 0], ids=["more refuse less", "all refuse the same"])
def test_what_is_not_played_to_the_end_is_not_chosen_for_being_cheap(helped: int) -> None:
    """Of ten instances and one, both far too few in the time they have, one costs less."""

    def world(settings: Settings) -> list[Result]:
        refused = 900 - helped * settings.max_instances
        return [replace(outcome(settings.max_instances, 500, refused), finished=False)]

    target = Target(7.0)
    trials = search(Settings(1, 10), Choices((1,), (1, 5, 10)), target, world)
    assert best(trials, target).settings.max_instances == 10


def test_the_busiest_hours_are_those_with_most_requests(tmp_path: Path) -> None:
    noon = daily(10, 24).busiest(2)
    assert noon.hours == 2
    assert noon.mean_rate == pytest.approx(10 * 1.8, rel=0.01)
    assert 15 < noon.before < 18
    spiked = spike(1, 24, 5, 13.2, 30).busiest(1)
    assert spiked.mean_rate == pytest.approx(1 + 4 * 0.5, rel=0.01)
    whole = constant(3, 4)
    assert whole.busiest(4) is whole
    assert whole.busiest(2).before == 0
    file = tmp_path / "arrivals.csv"
    file.write_text("".join(f"{t}\n" for t in [0, 100, 7300, 7301, 7302, 10000]))
    cut, _ = recorded(file, 4)
    busiest = cut.busiest(1).recorded
    assert busiest is not None
    assert busiest.tolist() == [100, 101, 102, 2800]
    assert cut.busiest(1).before == 0


def test_fewer_at_once_are_tried_until_an_answer_can_be_quick_enough() -> None:
    """What fits is no help when each answer then takes too long."""
    answers = {**REQUIRED, "workload": "llm"}
    request = Request(rps=2.0, pattern="daily", tokens_out=400, target_p95=10.0)
    planner = Planner(Questionnaire().resolve(answers).context, request)
    tried = planner.concurrencies(planner.given())
    for share in (0.75, 0.5):
        quick = [n for n in tried if planner.duration(n).mean <= share * 10]
        assert planner.duration(max(quick) + 1).mean > share * 10
    assert list(tried) == sorted(tried, reverse=True)
    without = Planner(planner.context, replace(request, target_p95=None))
    assert without.concurrencies(without.given())[-1] > tried[-1]
