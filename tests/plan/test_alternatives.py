"""What else would do: another GPU, another format of the weights, a single change."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from scaffold.answers.questions import Questionnaire
from scaffold.plan.formats import others
from scaffold.plan.hardware import SEARCHED, compare
from scaffold.plan.planner import Planner
from scaffold.plan.planning import make
from scaffold.plan.remedies import remedies, sentence
from scaffold.plan.request import Request
from support.answers import REQUIRED
from support.command import Run
from support.planning import context


@pytest.mark.whole
def test_other_gpus_are_compared_on_the_same_traffic() -> None:
    request = Request(rps=1, hours=1)
    planner = Planner(context(workload="llm", exclude=["h800"]), request)
    rows = compare(planner, planner.target())
    assert {"pro_6000"} < {row.gpu for row in rows}
    assert len(rows) <= SEARCHED + 1
    assert "h800" not in {row.gpu for row in rows}
    needed = planner.context["needed_gb"]
    memory = {gpu["id"]: gpu["vram_gb"] for gpu in planner.context["gpus"]}
    assert all(memory[row.gpu] >= needed for row in rows)
    meeting = [row.trial.result.usd / row.hours for row in rows if row.trial.meets_target]
    assert meeting == sorted(meeting)
    assert [row.gpu for row in rows if row.ordinary] == ["pro_6000"]
    assert len({row.seconds_per_request for row in rows}) > 3


@pytest.mark.whole
def test_the_comparison_is_in_every_output(chute_new: Run, tmp_path: Path) -> None:
    options = ["--rps=0.2", "--hours=1", "--compare-gpus", "--set=workload=llm"]
    page = tmp_path / "plan.html"
    document = json.loads(chute_new("plan", *options, "--json", f"--report={page}").stdout)
    rows = document["hardware"]
    assert rows[0].keys() >= {"gpu", "usd_per_hour", "settings", "result", "meets_target"}
    told = chute_new("plan", *options).stdout
    for row in rows:
        assert f"1 x {row['gpu']}" in told
        assert f"1 x {row['gpu']}<" in page.read_text()


def test_a_target_that_is_missed_is_met_by_single_changes_that_are_said() -> None:
    """Two of what could be changed: the format of the weights, and a setting held by hand."""
    answers = {**REQUIRED, "workload": "llm", "model": "Qwen/Qwen3-8B", "max_instances": 1}
    questionnaire = Questionnaire()

    def resolve(changed: Mapping[str, Any]) -> Mapping[str, Any] | None:
        if not changed.keys() <= {"model", "revision"}:
            return None
        return questionnaire.resolve({**answers, **changed}).context

    request = Request(
        rps=2.0, hours=1, tokens_out=400, target_p95=9.3, start_warm=True, fixed=("max_instances",)
    )
    planner = Planner(questionnaire.resolve(answers).context, request)
    found = make(planner)
    assert not found.chosen.meets_target
    helped = found.helped(remedies(planner, found.chosen, found.target, resolve))
    changes = {name: remedy for remedy in helped.remedies for name in remedy.change}
    assert changes["model"].change == {"model": "Qwen/Qwen3-8B-FP8"}
    assert all(remedy.trial.meets_target for remedy in helped.remedies)
    assert changes["tokens_out"].change["tokens_out"] < 400
    assert "Each of these changes alone would meet it: " in helped.warnings[1]
    assert helped.warnings[0] == found.warnings[0]
    assert len(helped.as_json()["remedies"]) == len(helped.remedies)


def test_where_nothing_helps_alone_that_is_said() -> None:
    assert sentence(()) == "No single change that was tried meets it either."


def test_a_measured_speed_says_nothing_of_other_hardware() -> None:
    """So only what does not change it can be advised."""
    planner = Planner(
        context(workload="llm", model="Qwen/Qwen3-8B"),
        Request(rps=2.0, hours=0.5, seconds_per_request=20, target_p95=10.0),
    )
    asked = []

    def resolve(changed: Mapping[str, Any]) -> None:
        asked.append(changed)

    found = make(planner)
    assert remedies(planner, found.chosen, found.target, resolve) == ()
    assert asked == []


@pytest.mark.parametrize(
    ("model", "found"),
    [
        ("Qwen/Qwen3-8B", ["Qwen/Qwen3-8B-FP8"]),
        ("Qwen/Qwen3-32B-FP8", ["Qwen/Qwen3-32B"]),
        ("Qwen/Qwen3-4B", []),
    ],
)
def test_the_formats_of_a_model_are_those_of_the_same_name(model: str, found: list[str]) -> None:
    assert [each["model"] for each in others(context(workload="llm", model=model))] == found
    assert others(context()) == []


@pytest.mark.whole
def test_variants_are_compared_on_every_gpu(chute_new: Run) -> None:
    options = [
        "--rps=0.5",
        "--hours=1",
        "--compare-variants",
        "--set=workload=llm",
        "--set=model=Qwen/Qwen3-8B",
        "--no-search",
    ]
    rows = json.loads(chute_new("plan", *options, "--json").stdout)["hardware"]
    assert {row["model"] for row in rows} == {"Qwen/Qwen3-8B", "Qwen/Qwen3-8B-FP8"}
    ordinary = [row["model"] for row in rows if row["deployable_by_ordinary_accounts"]]
    assert sorted(ordinary) == ["Qwen/Qwen3-8B", "Qwen/Qwen3-8B-FP8"]
    assert "Qwen3-8B-FP8 on 1 x pro_6000 *" in chute_new("plan", *options).stdout
