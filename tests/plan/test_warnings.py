"""A plan warns of what its settings cost or lose, under the rules it is made for."""

from dataclasses import replace

import pytest

from scaffold.answers import advice
from scaffold.plan.planner import Planner
from scaffold.plan.planning import make
from scaffold.plan.request import Request
from support.planning import context


def test_what_follows_from_old_rules_is_not_said() -> None:
    told = " ".join(advice.warnings(context(max_instances=3)))
    assert "already overlap" not in told
    assert "about 75% of calls get 429" in told
    request = Request(rps=0.5, hours=1, search=False)
    found = " ".join(make(Planner(context(), request)).warnings)
    assert "when about 75% of calls already find the first one busy" in found
    for old in ("sees 1 only", "scale late", "is that of", "2026-02"):
        assert old not in found
    planner = Planner(context(), Request(rps=0.5, hours=1, search=False, platform_rules="2025-10"))
    assert any("sees 1 only" in warning for warning in make(planner).warnings)


@pytest.mark.parametrize(
    ("limit", "threshold", "says"),
    [
        (40, 0.75, "sees 0.62 of an instance in use at most: scaling_threshold 0.75 is out of"),
        (40, 0.5, "Declare concurrency 40: then"),
        (64, 0.75, ""),
    ],
)
def test_an_engine_that_refuses_below_its_concurrency_is_warned_of(
    limit: int, threshold: float, says: str
) -> None:
    answers = context(workload="llm", scaling_threshold=threshold)
    request = Request(
        rps=9, hours=2, search=False, seconds_per_request=6, engine_limit=limit, start_warm=True
    )
    found = make(Planner(answers, request))
    told = [warning for warning in found.warnings if "engine answers 429" in warning]
    assert len(told) == (1 if says else 0)
    assert says in "".join(told)
    most = [result.instances_max for result in found.chosen.ends]
    assert most == [1, 1] if (limit, threshold) == (40, 0.75) else max(most) > 1


@pytest.mark.whole
def test_instances_started_again_are_said_where_they_cost() -> None:
    request = Request(
        rps=0.02,
        hours=24,
        pattern="spike",
        spike_factor=60,
        spike_at_hours=2,
        spike_minutes=20,
        seconds_per_request=10,
        search=False,
    )
    answers = context(scaling_threshold=0.25, shutdown_after_seconds=60)
    found = make(Planner(answers, request))
    again = max(found.chosen.ends, key=lambda result: result.usd_started_again)
    assert again.instances_started_again > 3
    (told,) = [w for w in found.warnings if "launched again as long as" in w]
    assert f"{again.instances_started_again} of the {again.instances_started} instances" in told
    assert "45 minutes" in told
    before = make(Planner(answers, replace(request, platform_rules="2026-02")))
    assert before.chosen.ends[0].instances_started_again == 0


def test_a_chute_that_idles_out_within_the_cooldown_is_warned_of() -> None:
    request = Request(rps=0.005, hours=12, search=False, seconds_per_request=5)
    found = make(Planner(context(shutdown_after_seconds=60), request))
    assert any("for up to 540 s more than a cold start" in w for w in found.warnings)
    longer = make(Planner(context(shutdown_after_seconds=600), request))
    assert not any("more than a cold start" in w for w in longer.warnings)


def test_keep_warm_and_cold_starts_are_warned_of() -> None:
    request = Request(rps=0.01, hours=2, search=False, patience=30)
    found = " ".join(make(Planner(context(keep_warm=True), request)).warnings)
    assert "bill one instance round the clock" in found
    assert "Callers give up after 30 s" in found
