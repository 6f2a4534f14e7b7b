"""Nothing is played twice for a difference that never mattered, and nothing else is left out."""

import json
from dataclasses import replace

import pytest

from scaffold.plan.leeway import Leeway
from scaffold.plan.planner import Planner
from scaffold.plan.planning import make
from scaffold.plan.request import Request
from scaffold.plan.settings import Settings
from support.planning import context

GIVEN = Settings(8, 4, 0.5, 300)
ANSWERS = {"workload": "llm", "model": "Qwen/Qwen3-8B"}
TRAFFIC = {
    "a day's wave that sleeps": Request(rps=0.01, hours=2, pattern="daily"),
    "a spike that scales": Request(rps=0.5, hours=2, pattern="spike", seconds_per_request=4),
    "a shared engine": Request(rps=1.5, hours=1, target_p95=8),
}


@pytest.mark.parametrize("request_", TRAFFIC.values(), ids=TRAFFIC)
def test_a_plan_is_the_same_where_everything_is_played(
    request_: Request, monkeypatch: pytest.MonkeyPatch
) -> None:
    played = list[str]()
    answers = context(**ANSWERS)
    told = make(Planner(answers, request_, lambda: played.append("spared")))
    monkeypatch.setattr(Leeway, "covers", lambda *_: False)
    whole = make(Planner(answers, request_, lambda: played.append("whole")))
    assert json.dumps(told.as_json()) == json.dumps(whole.as_json())
    assert told.chosen.result.timeline == whole.chosen.result.timeline
    assert played.count("spared") < 0.8 * played.count("whole")


def test_without_a_run_everything_that_could_matter_is_the_same() -> None:
    calm = Leeway(GIVEN)
    assert calm.covers(replace(GIVEN, max_instances=1, scaling_threshold=0.1))
    assert not calm.covers(replace(GIVEN, concurrency=9))
    assert not calm.covers(replace(GIVEN, keep_warm=True))


def test_a_limit_matters_from_where_more_were_wanted() -> None:
    run = Leeway(GIVEN)
    run.wants(3)
    assert [run.covers(replace(GIVEN, max_instances=n)) for n in (2, 3, 9)] == [False, True, True]
    run.wants(5)
    assert [run.covers(replace(GIVEN, max_instances=n)) for n in (3, 4, 9)] == [False, True, False]


def test_a_threshold_matters_where_it_passes_a_load_that_was_seen() -> None:
    run = Leeway(GIVEN)
    run.sees(0.3)
    run.sees(0.6)
    moved = (0.3, 0.31, 0.6, 0.61)
    met = [run.covers(replace(GIVEN, scaling_threshold=value)) for value in moved]
    assert met == [False, True, True, False]


def test_a_shorter_idle_time_matters_once_somebody_would_have_been_away_longer() -> None:
    run = Leeway(GIVEN)
    run.spares(100)
    moved = (150, 200, 201, 900)
    assert [run.covers(replace(GIVEN, shutdown_after_seconds=value)) for value in moved] == [
        False,
        False,
        True,
        True,
    ]
    run.spares(0)
    assert not run.covers(replace(GIVEN, shutdown_after_seconds=900))
    assert run.covers(GIVEN)
