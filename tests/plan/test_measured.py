"""`plan --measured`: reports of loads, read and turned into the constants of an engine."""

import json
from collections.abc import Callable
from dataclasses import astuple, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scaffold.errors import BadUsage
from scaffold.plan import measured as module
from scaffold.plan.engine import Tokens
from scaffold.plan.fitting import Steps
from scaffold.plan.measured import Measured, MeasuredEngine, computed, sentences, warnings
from scaffold.plan.measurements import Measurements, Stage
from scaffold.plan.planner import Planner
from scaffold.plan.planning import make
from scaffold.plan.replay import replay
from scaffold.plan.reports import measurements
from scaffold.plan.request import Request
from support.planning import context

REPORTS = Path(__file__).parent / "reports"
CHAT = {"workload": "llm"}
# An 8B model's on a large card, and a slow one whose steps grow with every sequence.
ENGINES = {
    "quick": Steps(step=0.012, sequence=2e-5, cached=2e-8, prompt=3e-5, request=0.02),
    "slow": Steps(step=0.009, sequence=6e-4, cached=0.0, prompt=1.5e-5, request=0.003),
}


def played(steps: Steps, *rates: float, seed: int = 1, seconds: float = 60.0) -> Measurements:
    """Requests at these rates, as an engine with these constants answers them."""
    rng = np.random.default_rng(seed)
    parts, begin = [], 0.0
    for place, rate in enumerate(rates):
        count = int(rate * seconds)
        sent = begin + np.sort(rng.uniform(0, seconds, count))
        prompt = rng.integers(100, 1500, count).astype(float)
        answer = rng.integers(50, 300, count).astype(float)
        first, end = replay(sent, prompt, answer, steps)
        parts.append((sent, first, end, prompt, answer, np.full(count, place)))
        begin = float(end.max()) + 5
    sent, first, end, prompt, answer, stage = (
        np.concatenate(column) for column in zip(*parts, strict=True)
    )
    stages = tuple(Stage(f"{rate:g} requests/s", rate) for rate in rates)
    return Measurements("make load", sent, first, end, prompt, answer, stage, stages)


@pytest.fixture(scope="module", params=ENGINES.values(), ids=list(ENGINES))
def known(request: pytest.FixtureRequest) -> tuple[Steps, Measured]:
    """Constants, and what was computed from their requests at three rates."""
    return request.param, computed(played(request.param, 0.5, 1.5, 3))


def test_a_replay_of_one_request_is_arithmetic() -> None:
    steps = Steps(step=1.0, sequence=0.1, cached=0.01, prompt=0.001, request=5.0)
    first, end = replay(np.array([0.0]), np.array([100.0]), np.array([3.0]), steps)
    assert first[0] == pytest.approx(5.0 + 1.0 + 0.1)
    # Two more tokens, with 101 and 102 in the cache.
    assert end[0] - first[0] == pytest.approx(2 * 1.1 + 0.01 * (101 + 102))


def test_a_replay_gives_everybody_a_token_in_a_step_with_prompts() -> None:
    steps = Steps(step=1.0, sequence=0.0, cached=0.0, prompt=0.01, request=0.0)
    sent = np.array([0.0, 1.5])
    first, end = replay(sent, np.array([1.0, 200.0]), np.array([4.0, 1.0]), steps)
    assert first[0] == pytest.approx(1.01)
    # The second came in the step until 2.01 and is computed in the one after it, which takes 3 s.
    assert first[1] == end[1] == pytest.approx(2.01 + 1.0 + 2.0)
    assert end[0] == pytest.approx(5.01 + 1.0)


def test_a_replay_computes_long_prompts_in_parts_and_lets_the_rest_wait() -> None:
    steps = Steps(step=1.0, sequence=0.0, cached=0.0, prompt=0.0, request=0.0)
    ones = np.ones(2)
    first, _ = replay(np.zeros(2), np.array([250.0, 10.0]), ones, steps, step_tokens=100)
    assert first.tolist() == [3.0, 3.0]
    first, _ = replay(np.zeros(2), ones, np.full(2, 10.0), steps, most=1)
    assert first.tolist() == [1.0, 11.0]


def test_jumping_over_steps_is_the_same_as_taking_each() -> None:
    found = played(ENGINES["quick"], 2)
    first, end = replay(found.sent, found.prompt, found.answer, ENGINES["quick"])
    by_step = _one_by_one(found, ENGINES["quick"])
    np.testing.assert_allclose(first, by_step[0], rtol=1e-9)
    np.testing.assert_allclose(end, by_step[1], rtol=1e-9)


def _one_by_one(found: Measurements, steps: Steps) -> tuple[list[float], list[float]]:
    """What `replay` does, step after step; prompts here are shorter than a step."""
    now, come, total = 0.0, 0, len(found)
    first, end = [0.0] * total, [0.0] * total
    waiting: list[int] = []
    running: dict[int, list[float]] = {}
    while come < total or waiting or running:
        if not waiting and not running:
            now = max(now, found.sent[come] + steps.request)
        while come < total and found.sent[come] + steps.request <= now:
            waiting.append(come)
            come += 1
        room, new = 2048 - len(running), []
        tokens = 0.0
        left = {who: found.prompt[who] for who in waiting}
        while waiting and found.prompt[waiting[0]] <= room:
            who = waiting.pop(0)
            room, tokens = room - left[who], tokens + left[who]
            new.append(who)
        assert not waiting, "a prompt would be computed in parts"
        held = sum(kept for _, kept in running.values())
        now += steps.step + steps.sequence * len(running) + steps.cached * held
        now += steps.prompt * tokens
        for who in list(running):
            running[who][0] -= 1
            running[who][1] += 1
            if not running[who][0]:
                end[who] = now
                del running[who]
        for who in new:
            first[who] = now
            running[who] = [found.answer[who] - 1, found.prompt[who] + 1]
    return first, end


def test_what_was_not_measured_is_computed_nearly_as_the_engine_has_it(
    known: tuple[Steps, Measured],
) -> None:
    steps, found = known
    entries = module.compare(played(steps, 5, seed=2), found.steps or steps, True)
    errors = {(entry.what, entry.share): abs(entry.error) for entry in entries}
    assert all(error < 0.1 for (what, _), error in errors.items() if what == "whole answer")
    assert all(error < 0.2 for error in errors.values())


def test_a_step_is_told_from_what_is_in_it(known: tuple[Steps, Measured]) -> None:
    steps, found = known
    assert found.steps
    for sequences in (1, 8, 24):
        ours = found.steps.seconds(sequences, 900)
        assert ours == pytest.approx(steps.seconds(sequences, 900), rel=0.1)


def test_each_rate_is_judged_by_the_others(known: tuple[Steps, Measured]) -> None:
    _, found = known
    assert all(entry.held_back for entry in found.quality)
    assert {entry.stage for entry in found.quality} == {
        "0.5 requests/s",
        "1.5 requests/s",
        "3 requests/s",
    }
    assert found.off_by < 0.06


def test_one_that_stood_still_does_not_slow_down_all_others() -> None:
    clean = played(ENGINES["quick"], 1, 2)
    late = clean.end + np.where(np.arange(len(clean)) % 25 == 0, 20.0, 0.0)
    stalled = computed(replace(clean, end=late)).steps
    usual = computed(clean).steps
    assert stalled
    assert usual
    assert stalled.seconds(4, 900) == pytest.approx(usual.seconds(4, 900), rel=0.1)


def test_answers_that_come_whole_do_too() -> None:
    found = played(ENGINES["quick"], 0.5, 2)
    whole = computed(replace(found, first=np.full(len(found), np.nan)))
    assert whole.steps
    ours = MeasuredEngine(whole.steps, 0.0).seconds(6, Tokens(800, 175))
    real = MeasuredEngine(ENGINES["quick"], 0.0).seconds(6, Tokens(800, 175))
    assert ours == pytest.approx(real, rel=0.1)


def test_without_tokens_a_request_is_what_one_took_that_met_no_other() -> None:
    sent = np.arange(60.0) * 3
    took = np.where(np.arange(60) % 2, 2.0, 4.0)  # each second one meets the one before it
    nothing = np.full(60, np.nan)
    found = Measurements(
        "make load",
        sent,
        nothing,
        sent + took,
        nothing,
        nothing,
        np.zeros(60, int),
        (Stage("", None),),
    )
    measured = computed(found)
    assert (measured.steps, measured.seconds) == (None, 4.0)
    assert measured.distribution == "constant"


@pytest.mark.parametrize(
    ("name", "source", "rates", "requests"),
    [("guidellm", "guidellm", [5.0, 15.0], 30), ("vllm", "vllm bench serve", [10.0], 30)],
)
def test_reports_of_others_are_read(
    name: str, source: str, rates: list[float], requests: int
) -> None:
    found = measurements(REPORTS / f"{name}.json")
    assert (found.source, len(found)) == (source, requests)
    assert [stage.rate for stage in found.stages] == rates
    assert found.counts_tokens
    assert np.isfinite(found.answer).all()
    assert (found.answer > 0).any()
    assert (found.sent < found.first).all()
    assert (found.first < found.end).all()
    # Both were taken of a server with steps of 8 ms and more.
    steps = computed(found).steps
    assert steps
    assert 0.008 < steps.seconds(3, 0) < 0.02


def load_report(**changes: Any) -> dict[str, Any]:
    """As chutekit.load.document writes it; tests/kit/unit/test_load.py holds its columns."""
    found = played(ENGINES["quick"], 1)
    columns = (
        "stage",
        "due_s",
        "late_s",
        "first_s",
        "last_s",
        "whole_s",
        "gap_s",
        "tokens_in",
        "tokens_out",
        "ended",
    )
    rows = [
        [0, sent - 0.25, 0.25, first - sent + 0.25, None, end - sent + 0.25, None, p, a, "answered"]
        for sent, first, end, p, a in zip(
            found.sent, found.first, found.end, found.prompt, found.answer, strict=True
        )
    ]
    rows.append([0, 1.0, 0.0, None, None, 0.1, None, None, None, "429"])
    return {
        "format": "chute-load/1",
        "target": {"name": "here", "backend": "stub", "concurrency": 64},
        "stages": [{"rate": {"begin": 1.0, "end": 3.0}, "seconds": 60}],
        "requests": {"columns": list(columns), "rows": rows},
        **changes,
    }


Written = Callable[[Any], Path]


@pytest.fixture
def written(tmp_path: Path) -> Written:
    """A file with a document, as JSON or as it is."""

    def write(document: Any) -> Path:
        file = tmp_path / "report.json"
        file.write_text(document if isinstance(document, str) else json.dumps(document))
        return file

    return write


def test_the_engine_is_busy_from_when_a_request_was_sent(written: Written) -> None:
    found = measurements(written(load_report()))
    truth = played(ENGINES["quick"], 1)
    np.testing.assert_allclose(found.sent, truth.sent)
    np.testing.assert_allclose(found.end, truth.end)
    assert (found.unanswered, found.concurrency, found.stages[0].rate) == (1, 64, 2.0)


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ("no JSON", "is no JSON"),
        ({}, "no report of a load"),
        ([1, 2], "no report of a load"),
        ({"format": "chute-load/9"}, "chute-load/9"),
        ({"format": "chute-load/1"}, "cannot be read"),
        ({"benchmarks": [], "metadata": {}}, "without its requests"),
        ({"request_throughput": 1.0}, "--save-detailed"),
        ("[" * 100_000, "is no JSON"),
    ],
    ids=["text", "empty", "list", "newer", "torn", "guidellm", "vllm", "deep"],
)
def test_other_files_are_refused_in_one_sentence(
    written: Written, document: Any, says: str
) -> None:
    with pytest.raises(BadUsage) as caught:
        measurements(written(document))
    assert says in str(caught.value)
    assert "`make load`" in (caught.value.hint or "")


def test_too_few_requests_are_refused(written: Written) -> None:
    document = load_report()
    document["requests"]["rows"] = document["requests"]["rows"][:5]
    with pytest.raises(BadUsage, match="5 answered requests, too few"):
        measurements(written(document))


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadUsage, match="cannot read"):
        measurements(tmp_path / "nothing")


def request(file: Path, **values: Any) -> Request:
    return Request(**{"rps": 0.5, "hours": 0.2, "search": False, "measured": file, **values})


def test_a_plan_takes_speed_lengths_and_spread_from_the_report(written: Written) -> None:
    planner = Planner(context(**CHAT), request(written(load_report())))
    found = planner.measured
    assert found
    assert found.steps
    assert planner.tokens == found.tokens
    assert planner.duration(8).cv == pytest.approx(found.spread)
    assert planner.pace(8) == pytest.approx(
        [found.engine.seconds(max(n, 1), planner.tokens) for n in range(9)]  # type: ignore[union-attr]
    )


def test_what_is_said_besides_wins(written: Written) -> None:
    asked = request(written(load_report()), tokens_in=10.0, tokens_out=20.0, spread=0.0)
    planner = Planner(context(**CHAT), asked)
    assert planner.tokens == Tokens(10.0, 20.0)
    assert planner.duration(1).cv == 0.0
    told = Planner(context(**CHAT), replace(asked, seconds_per_request=3.0))
    assert (told.duration(1).mean, told.is_shared) == (3.0, False)


def test_a_plan_says_what_was_measured_and_how_well(written: Written) -> None:
    plan = make(Planner(context(**CHAT), request(written(load_report()))))
    document = plan.as_json()["measured"]
    assert document["source"] == "make load"
    assert document["constants"]["step"] == pytest.approx(0.012, rel=0.1)
    assert {entry["quantile"] for entry in document["quality"]} == {0.5, 0.9, 0.95}
    known = {entry.name.split(",")[0]: entry for entry in plan.sizing.assumptions}
    assert known["seconds per request"].known == "fitted"
    assert "measured by make load" in known["seconds per request"].source
    assert known["tokens per request"].known == "measured"
    assert any("speed of a stand-in" in warning for warning in plan.warnings)


def test_pictures_take_the_seconds_that_were_measured(written: Written) -> None:
    document = load_report()
    for row in document["requests"]["rows"]:
        row[3] = row[7] = row[8] = None
        row[1:3], row[5] = [row[1] * 30, 0.0], 7.0
    plan = make(Planner(context(), request(written(document))))
    known = {entry.name: entry for entry in plan.sizing.assumptions}
    assert (known["seconds per request"].value, known["seconds per request"].known) == (
        7.0,
        "measured",
    )


def test_what_lies_beyond_the_measurements_is_warned_of() -> None:
    found = computed(played(ENGINES["quick"], 1))
    assert found.tokens
    most = found.found.most_at_once
    assert not list(warnings(found, found.tokens, most))
    assert "were in flight" in next(warnings(found, found.tokens, 2 * most))
    long = Tokens(found.tokens.prompt * 4, found.tokens.answer)
    assert "Prompts of" in next(warnings(found, long, most))
    failing = replace(found, found=replace(found.found, unanswered=len(found.found)))
    assert "50% of the measured" in next(warnings(failing, found.tokens, most))


def test_people_read_how_well_each_rate_is_computed_from_the_others(
    known: tuple[Steps, Measured],
) -> None:
    _, found = known
    text = "\n".join(sentences(found))
    assert "from the other rates" in text
    assert text.count("whole answer") == 3


def test_no_constant_is_below_zero(known: tuple[Steps, Measured]) -> None:
    _, found = known
    assert found.steps
    assert min(astuple(found.steps)) >= 0
