"""The search for settings, what is said of them, and what they are compared with."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from scaffold.answers import advice
from scaffold.answers.questions import Questionnaire
from scaffold.plan.answer import seconds
from scaffold.plan.cadence import ends, sentences
from scaffold.plan.command import suggest
from scaffold.plan.formats import others
from scaffold.plan.hardware import SEARCHED, compare
from scaffold.plan.planner import Planner
from scaffold.plan.planning import Plan, make
from scaffold.plan.remedies import remedies, sentence
from scaffold.plan.request import Request
from scaffold.plan.rules import Rules, rule_book
from scaffold.plan.search import Choices, Target, best, pareto, search
from scaffold.plan.settings import Settings
from scaffold.plan.simulation import Result
from scaffold.plan.traffic import constant, daily, recorded, spike
from support.answers import REQUIRED
from support.command import Run
from support.planning import QUICK, SETTINGS, context


def outcome(usd: float, p95: float, refused: int = 0, cadence: float = 60) -> Result:
    """A result of a thousand requests."""
    return Result(
        cadence,
        1000,
        1000 - refused,
        refused,
        p95 / 2,
        p95,
        p95 * 2,
        p95,
        0.0,
        usd,
        0.0,
        1.0,
        1,
        0,
        1,
        0,
        0,
        0.0,
        0,
        0,
        True,
        {},
    )


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


def sides(settings: Settings) -> list[Result]:
    """Few instances do if the autoscaler runs often; a low threshold helps where it does not."""
    often = 2.0 + 10 * settings.scaling_threshold
    return [
        outcome(3.0 - 2 * settings.scaling_threshold, often),
        outcome(2.0 - settings.scaling_threshold, 4 * often, cadence=1800),
    ]


def test_settings_are_judged_at_both_ends_of_the_cadence() -> None:
    choices, target = Choices((1,), (3,), shutdown_after_seconds=(300,)), Target(12.5)
    trials = search(Settings(1), choices, target, sides)
    chosen = best(trials, target)
    assert chosen.settings.scaling_threshold == 0.1
    assert chosen.meets_target
    assert chosen.result.autoscaler_seconds == 1800
    assert chosen.usd == max(result.usd for result in chosen.ends) > chosen.result.usd
    often = next(t for t in trials if t.settings.scaling_threshold == 0.75)
    assert target.met(often.ends[0])
    assert not often.meets_target


class World(Planner):
    """A planner that knows of `sides` alone."""

    def __init__(self) -> None:
        self.book = rule_book()

    def simulate(self, settings: Settings, *_: Any, rules: Rules, **more: Any) -> Result:
        return next(r for r in sides(settings) if r.autoscaler_seconds == rules.autoscaler_seconds)


@pytest.mark.parametrize(
    ("p95", "says"),
    [
        (12.5, "At every 60 s, scaling_threshold 0.75 would meet the target for $1,095 a month"),
        (11.0, "only if the platform runs its autoscaler every 60 s"),
        (60.0, ""),
        (2.0, ""),
    ],
)
def test_a_sentence_says_when_the_advice_depends_on_the_cadence(p95: float, says: str) -> None:
    choices, target = Choices((1,), (3,), shutdown_after_seconds=(300,)), Target(p95)
    trials = search(Settings(1), choices, target, sides)
    chosen = best(trials, target)
    found = ends(World(), chosen, trials, target)
    assert [end.seconds for end in found] == [60, 1800]
    assert [end.meets_target for end in found] == [target.met(r) for r in chosen.ends]
    told = list(sentences(found, 1.0, chosen.settings))
    assert len(told) == (1 if says else 0)
    assert says in "".join(told)


def test_a_cadence_that_is_known_is_no_range(chute_new: Run, tmp_path: Path) -> None:
    file = tmp_path / "rules.yml"
    file.write_text("autoscaler_seconds: 120\n")
    options = ["plan", *QUICK, "--no-search", f"--platform-rules={file}"]
    document = json.loads(chute_new(*options, "--json").stdout)
    assert document["rules"]["autoscaler_seconds"]["value"] == 120
    assert [end["autoscaler_seconds"] for end in document["cadences"]] == [120]
    assert "not public" not in chute_new(*options).stdout


def test_both_ends_are_in_every_output(chute_new: Run, tmp_path: Path) -> None:
    busy = ("--rps", "2", "--seconds-per-request", "2", "--hours", "3", "--no-search")
    file = tmp_path / "plan.html"
    document = json.loads(chute_new("plan", *busy, "--json", f"--report={file}").stdout)
    found = document["cadences"]
    assert [end["autoscaler_seconds"] for end in found] == [60, 1800]
    assert document["rules"]["autoscaler_seconds"]["value"] == [60, 1800]
    assert found[0]["result"] != found[1]["result"]
    assert document["result"] in [end["result"] for end in found]
    assert document["meets_target"] == all(end["meets_target"] for end in found)
    told, text = chute_new("plan", *busy).stdout, file.read_text()
    for end in found:
        for shown in (
            f"every {end['autoscaler_seconds']:,} s",
            f"{end['result']['p95_s']:.2f} s",
            f"{end['result']['refused']:,} ({end['result']['refused_share']:.2%})",
            f"${end['result']['usd']:,.2f}",
        ):
            assert shown in told
        for shown in (
            f"every {end['autoscaler_seconds']:,} s",
            seconds(end["result"]["p95_s"]),
            f'<td class="n">{end["result"]["refused"]:,}</td>',
        ):
            assert shown in text


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


def test_the_search_declares_what_the_engine_holds() -> None:
    request = Request(rps=0.5, hours=1, seconds_per_request=2, engine_limit=40)
    found = make(Planner(context(workload="llm"), request))
    assert max(trial.settings.concurrency for trial in found.trials) == 40


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
