"""The engine model: against published measurements, and against what is true of any engine."""

import csv
from itertools import pairwise
from pathlib import Path

import pytest

from scaffold import memory
from scaffold.plan import models
from scaffold.plan.engine import Anatomy, Engine, Mixture, Tokens, step_tokens, table
from scaffold.plan.planner import Planner
from scaffold.plan.request import Request
from support.plan_configs import CATALOG
from support.plan_published import ratio
from support.planning import context

PUBLISHED = list(csv.DictReader(Path(__file__).with_name("published.csv").read_text().splitlines()))
EIGHT = models.anatomy_of(CATALOG["Qwen/Qwen3-8B"])
TOKENS = Tokens(500, 200)


def test_published_measurements_are_met_within_fifteen_percent_on_average() -> None:
    """Closed loops with so many always in flight; `what` is a step, or a token between others."""
    combinations = {(row["model"], row["gpu"], row["weights"], row["gpus"]) for row in PUBLISHED}
    assert len(combinations) >= 15
    errors = [abs(ratio(row) - 1) for row in PUBLISHED]
    assert sum(errors) / len(errors) < 0.15


def test_what_was_held_back_from_the_fit_is_met_as_well_as_is_said() -> None:
    errors = [abs(ratio(row) - 1) for row in PUBLISHED if row["row"] == "held back"]
    assert len(errors) >= 20
    assert sum(errors) / len(errors) < table("engine.yml")["dense"]["off_by"] + 0.02


def test_more_bandwidth_helps_one_and_company_costs_less_than_turns() -> None:
    alone = Engine(EIGHT, "h200").seconds(1, TOKENS)
    assert alone < Engine(EIGHT, "l40s").seconds(1, TOKENS)
    crowded = Engine(EIGHT, "h200").seconds(64, TOKENS)
    assert alone < crowded < 64 * alone / 8


@pytest.mark.parametrize("gpu", table("gpus.yml"))
def test_more_in_flight_is_slower_for_each_and_quicker_for_all(gpu: str) -> None:
    engine = Engine(EIGHT, gpu)
    seconds = [engine.seconds(count, TOKENS) for count in range(1, 257)]
    assert seconds == sorted(seconds)
    answered = [count / each for count, each in enumerate(seconds, 1)]
    assert all(later >= earlier * 0.999 for earlier, later in pairwise(answered))


def test_a_request_is_its_first_token_and_the_others() -> None:
    """Alone; in company the first token waits for parts of steps, which average out."""
    engine = Engine(EIGHT, "pro_6000")
    whole = engine.first_token(1, TOKENS, 2048) + 199 * engine.per_token(1, TOKENS)
    assert whole == pytest.approx(engine.seconds(1, TOKENS), rel=0.01)
    assert engine.first_token(64, TOKENS, 2048) < 0.1 * engine.seconds(64, TOKENS)
    longer = Tokens(8000, 200)
    parts = engine.first_token(64, longer, 2048)
    assert parts > engine.prompt(8000) + 4 * engine.step(64, longer.held)
    assert parts - engine.first_token(64, longer, 8192) == pytest.approx(
        4 * engine.step(64, longer.held)
    )


@pytest.mark.parametrize(
    ("engine", "gpu", "gigabytes", "tokens"),
    [
        ("vllm", "l40s", 48, 2048),
        ("vllm", "pro_6000", 96, 8192),
        ("vllm", "a100_sxm", 80, 2048),
        ("vllm", "b200", 192, 16384),
        ("sglang", "a4000", 16, 2048),
        ("sglang", "l40s", 48, 4096),
        ("sglang", "a100_sxm", 80, 8192),
        ("sglang", "mi300x", 192, 16384),
    ],
)
def test_a_step_takes_as_many_tokens_as_the_pinned_engine_says(
    engine: str, gpu: str, gigabytes: int, tokens: int
) -> None:
    assert step_tokens(engine, gpu, gigabytes) == tokens


def test_fewer_bits_are_quicker_where_weights_are_what_is_read() -> None:
    steps = [
        Engine(models.anatomy_of(CATALOG["Qwen/Qwen3-8B"], weights), "pro_6000").step(1, 1000)
        for weights in ("bf16", "fp8", "int4")
    ]
    assert steps == sorted(steps, reverse=True)
    assert steps[0] > 1.4 * steps[1]


def test_a_mixture_reads_the_experts_that_are_asked_for_and_computes_those_it_takes() -> None:
    shape = memory.Shape(30_000_000_000, 2.0, 48, 32, 4, 128, 32768)
    mixture = Anatomy(shape, 0, Mixture(128, 8, 28_000_000_000))
    assert mixture.active == pytest.approx(2e9 + 28e9 * 8 / 128)
    assert mixture.read_bytes(1) == pytest.approx(2 * mixture.active)
    assert mixture.read_bytes(10_000) == pytest.approx(60e9)
    dense = Engine(Anatomy(shape), "h200").step(1, 1000)
    assert Engine(mixture, "h200").step(1, 1000) < dense / 3


@pytest.mark.parametrize("model", table("models.yml"))
def test_what_is_said_of_a_models_weights_is_less_than_all_of_them(model: str) -> None:
    entry = context(workload="llm", model=model)["entry"]
    said = table("models.yml")[model]
    experts = said.get("mixture", {}).get("parameters", 0)
    assert 0 < said["unread"] < 0.21 * entry["parameters"]
    assert said["unread"] + experts < entry["parameters"]


@pytest.mark.parametrize("model", sorted(set(CATALOG) & set(table("models.yml"))))
def test_what_is_said_of_a_model_follows_from_its_config(model: str) -> None:
    said, found = table("models.yml")[model], models.anatomy_of(CATALOG[model])
    assert found.unread == said["unread"]


def test_the_planner_takes_the_engine_model_where_nothing_was_measured() -> None:
    answers = context(workload="llm", model="Qwen/Qwen3-8B")
    pace = Planner(answers, Request(rps=1.0)).pace(64)
    assert pace is not None
    assert len(pace) == 65
    assert pace[1] < pace[32] < pace[64] < 4 * pace[1]
    for measured in (
        Request(rps=1.0, seconds_per_request=3.0),
        Request(rps=1.0, tokens_per_second=50.0),
    ):
        assert Planner(answers, measured).pace(64) is None
    assert Planner(context(), Request(rps=1.0)).pace(1) is None


def test_what_memory_does_not_hold_waits_in_the_engine() -> None:
    """Twice as many then take twice as long: none of them is any sooner."""
    answers = context(workload="llm", model="Qwen/Qwen3-32B", include=["pro_6000"])
    planner = Planner(answers, Request(rps=1.0, tokens_in=20_000))
    fits, pace = planner.fitting(), planner.pace(64)
    assert fits is not None
    assert pace is not None
    assert 2 * fits <= 64
    assert pace[2 * fits] == pytest.approx(2 * pace[fits])
