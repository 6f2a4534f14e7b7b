"""`chute-new plan`: its options, its document, what it writes, and the parts that feed it."""

import ast
import html.parser
import json
import math
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from copier import run_copy

from scaffold.answers import advice
from scaffold.answers.questions import Questionnaire
from scaffold.errors import BadUsage
from scaffold.plan import page
from scaffold.plan.cadence import ends, sentences
from scaffold.plan.command import suggest
from scaffold.plan.hardware import SEARCHED, compare
from scaffold.plan.planning import Plan, Planner
from scaffold.plan.request import Request
from scaffold.plan.rules import Rules, rule_book
from scaffold.plan.search import Choices, Target, best, pareto, search
from scaffold.plan.settings import Settings
from scaffold.plan.simulation import Result
from scaffold.plan.traffic import Duration, constant, daily, recorded, spike
from scaffold.plan.writing import answers_change, chute_change
from support.answers import REQUIRED
from support.command import Run
from support.places import ROOT

QUICK = ("--rps", "0.5", "--seconds-per-request", "2", "--hours", "1")
SETTINGS = ("concurrency", "max_instances", "scaling_threshold", "shutdown_after_seconds",
            "keep_warm")  # fmt: skip


def context(**answers: Any) -> dict[str, Any]:
    """What the questions make of these answers."""
    return Questionnaire().resolve({**REQUIRED, **answers}).context


@pytest.fixture(scope="module")
def plan() -> Plan:
    """A plan for an image chute whose users come and go."""
    request = Request(rps=0.3, hours=6, pattern="daily", target_p95=15.0)
    return Planner(context(), request).plan()


# --- the command ----------------------------------------------------------------------------------


@pytest.mark.path
def test_the_document_has_what_was_promised(chute_new: Run) -> None:
    first = chute_new.fresh("plan", *QUICK, "--seed", "5", "--json")
    assert first.returncode == 0, first.stderr
    document = json.loads(first.stdout)
    for key in ("sizing", "settings", "cost", "result", "alternatives", "warnings"):
        assert key in document
    result = document["result"]
    assert result["requests"] == result["completed"] + result["refused"] > 0
    assert result["p50_s"] <= result["p95_s"] <= result["p99_s"]
    assert result["usd"] == pytest.approx(result["billed_seconds"] / 3600 * 1.8, abs=1e-3)
    assert result["instances_mean"] <= result["instances_max"]
    assert result["cold_starts"] >= 1
    assert set(document["settings"]) == set(SETTINGS)
    cap = document["cost"]["prod"]["usd_per_hour_cap"]
    assert cap == pytest.approx(1.8 * document["settings"]["max_instances"])
    assert chute_new.fresh("plan", *QUICK, "--seed", "5", "--json").stdout == first.stdout
    assert chute_new.fresh("plan", *QUICK, "--seed", "6", "--json").stdout != first.stdout


def test_the_summary_names_settings_and_assumptions(chute_new: Run) -> None:
    done = chute_new("plan", *QUICK, "--no-search")
    assert done.returncode == 0, done.stderr
    for text in ("max_instances", "--cold-start-seconds", "p95", "a month"):
        assert text in done.stdout


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ((), "--rps is needed"),
        (("--rps", "0"), "--rps must be above 0"),
        (("--rps", "nan"), "--rps must be above 0"),
        (("--rps", "1", "--arrivals", "x.csv"), "cannot be given together"),
        (("--rps", "1", "--pattern", "weekly"), "constant, daily, spike"),
        (("--rps", "1", "--when-full", "cry"), "retry, queue, give-up"),
        (("--rps", "1", "--weights", "int3"), "--weights must be one of"),
        (("--rps", "1", "--platform-rules", "nowhere.yml"), "2026-02"),
        (("--rps", "1", "--answers", "nowhere.yml"), "cannot read"),
        (("--rps", "1", "--set", "max_instances=0"), "from 1 to 100"),
        (("--rps", "1", "--write"), "--write needs something"),
        (("--rps", "1", "--set", "model=a/b", "--set", f"revision={'0' * 40}"),
         "--seconds-per-request"),
        ((".", "--rps", "1"), "has no .copier-answers.yml"),
    ],
)  # fmt: skip
def test_mistakes_are_told_without_a_trace(
    chute_new: Run, options: tuple[str, ...], says: str
) -> None:
    model = ("--set", "workload=llm") if "--weights" in options else ()
    done = chute_new("plan", *options, *model, "--hours", "0.1")
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_all_mistakes_are_told_at_once(chute_new: Run) -> None:
    done = chute_new("plan", "--rps", "-1", "--hours", "0", "--pattern", "x", "--json")
    problems = json.loads(done.stdout)["error"]["problems"]
    assert {problem["key"] for problem in problems} == {"--rps", "--hours", "--pattern"}


def test_other_commands_start_without_numpy() -> None:
    code = "import sys, scaffold.cli, scaffold.answers.advice; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_set_on_the_command_line_is_left_alone_by_the_search(chute_new: Run) -> None:
    fixed = ("--set", "max_instances=2", "--set", "scaling_threshold=0.6")
    document = json.loads(chute_new("plan", *QUICK, *fixed, "--json").stdout)
    assert document["settings"]["max_instances"] == 2
    assert {a["settings"]["scaling_threshold"] for a in document["alternatives"]} == {0.6}


# --- writing --------------------------------------------------------------------------------------


@pytest.mark.parametrize("workload", ["image", "llm"])
def test_write_changes_a_repository_as_an_update_would(
    tmp_path: Path, chute_new: Run, workload: str
) -> None:
    answers = {**REQUIRED, "workload": workload}
    run_copy(str(ROOT / "template"), tmp_path / "made", data=answers, defaults=True, quiet=True)
    load = ("--rps", "2", "--seconds-per-request", "3", "--hours", "1")
    done = chute_new("plan", "made", *load, "--target-p95", "12", "--write", "--json")
    assert done.returncode == 0, done.stderr
    settings = json.loads(done.stdout)["settings"]
    del settings["keep_warm"]
    assert "--- a/chute.py" in done.stderr
    stored = yaml.safe_load((tmp_path / "made/.copier-answers.yml").read_text())
    assert {key: stored[key] for key in settings} == settings
    run_copy(
        str(ROOT / "template"), tmp_path / "again", data=answers | settings, defaults=True,
        quiet=True,
    )  # fmt: skip
    text = (tmp_path / "made/chute.py").read_text()
    assert text == (tmp_path / "again/chute.py").read_text()


def test_write_keeps_the_comments_of_an_answers_file(tmp_path: Path) -> None:
    file = tmp_path / "answers.yml"
    file.write_text("# mine\nname: my-chute\nmax_instances: 3  # enough?\n")
    change = answers_change(file, {"max_instances": 5, "keep_warm": False})
    assert change.after == (
        "# mine\nname: my-chute\nmax_instances: 5  # enough?\nkeep_warm: false\n"
    )
    assert file.read_text() == change.before
    assert "-max_instances: 3" in change.difference()


def test_a_hand_made_chute_is_changed_where_it_states_the_values(tmp_path: Path) -> None:
    file = tmp_path / "chute.py"
    file.write_text("SLOTS = 4\nchute = Chute(name='é', concurrency=SLOTS, max_instances=2)\n")
    change = chute_change(file, {"concurrency": 8, "max_instances": 3})
    assert change.after == (
        "SLOTS = 8\nchute = Chute(name='é', concurrency=SLOTS, max_instances=3)\n"
    )
    with pytest.raises(BadUsage, match="does not state scaling_threshold"):
        chute_change(file, {"scaling_threshold": 0.5})


def test_staging_keeps_its_own_scale(tmp_path: Path) -> None:
    run_copy(str(ROOT / "template"), tmp_path / "made", data=REQUIRED, defaults=True, quiet=True)
    file = tmp_path / "made/chute.py"
    tree = ast.parse(chute_change(file, {"max_instances": 9, "shutdown_after_seconds": 77}).after)
    calls = {
        node.targets[0].id: {k.arg: ast.literal_eval(k.value) for k in node.value.keywords}
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)
        and isinstance(node.targets[0], ast.Name) and node.targets[0].id in ("prod", "staging")
    }  # fmt: skip
    assert calls["prod"] == {"max_instances": 9, "shutdown_after_seconds": 77}
    assert calls["staging"] == {"max_instances": 1, "shutdown_after_seconds": 60}


# --- traffic and rules ----------------------------------------------------------------------------


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
    found = Planner(context(), Request(arrivals=file, search=False)).plan()
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


# --- the search -----------------------------------------------------------------------------------


def outcome(usd: float, p95: float, refused: int = 0, cadence: float = 60) -> Result:
    """A result of a thousand requests."""
    return Result(
        cadence, 1000, 1000 - refused, refused, p95 / 2, p95, p95 * 2, p95, 0.0, usd, 0.0, 1.0, 1,
        0, 1, 0, 0, 0.0, 0, 0, True, {},
    )  # fmt: skip


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
        Settings(1, 1), Choices((1,), (1, 2, 3, 4), (0.75,), (300,), (False,)), target,
        lambda settings: [world[settings.max_instances]],
    )  # fmt: skip
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
            assert shown in text


def test_what_follows_from_old_rules_is_not_said() -> None:
    told = " ".join(advice.warnings(context(max_instances=3)))
    assert "already overlap" not in told
    assert "about 75% of calls get 429" in told
    request = Request(rps=0.5, hours=1, search=False)
    found = " ".join(Planner(context(), request).plan().warnings)
    assert "when about 75% of calls already find the first one busy" in found
    for old in ("sees 1 only", "scale late", "is that of", "2026-02"):
        assert old not in found
    old = Planner(context(), Request(rps=0.5, hours=1, search=False, platform_rules="2025-10"))
    assert any("sees 1 only" in warning for warning in old.plan().warnings)


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
    found = Planner(answers, request).plan()
    told = [warning for warning in found.warnings if "engine answers 429" in warning]
    assert len(told) == (1 if says else 0)
    assert says in "".join(told)
    most = [result.instances_max for result in found.chosen.ends]
    assert most == [1, 1] if (limit, threshold) == (40, 0.75) else max(most) > 1


def test_the_search_declares_what_the_engine_holds() -> None:
    request = Request(rps=0.5, hours=1, seconds_per_request=2, engine_limit=40)
    found = Planner(context(workload="llm"), request).plan()
    assert max(trial.settings.concurrency for trial in found.trials) == 40


def test_instances_started_again_are_said_where_they_cost() -> None:
    request = Request(
        rps=0.02, hours=24, pattern="spike", spike_factor=60, spike_at_hours=2, spike_minutes=20,
        seconds_per_request=10, search=False,
    )  # fmt: skip
    answers = context(scaling_threshold=0.25, shutdown_after_seconds=60)
    found = Planner(answers, request).plan()
    again = max(found.chosen.ends, key=lambda result: result.usd_started_again)
    assert again.instances_started_again > 3
    (told,) = [w for w in found.warnings if "launched again as long as" in w]
    assert f"{again.instances_started_again} of the {again.instances_started} instances" in told
    assert "45 minutes" in told
    before = Planner(answers, replace(request, platform_rules="2026-02")).plan()
    assert before.chosen.ends[0].instances_started_again == 0


def test_a_chute_that_idles_out_within_the_cooldown_is_warned_of() -> None:
    request = Request(rps=0.005, hours=12, search=False, seconds_per_request=5)
    found = Planner(context(shutdown_after_seconds=60), request).plan()
    assert any("for up to 540 s more than a cold start" in w for w in found.warnings)
    longer = Planner(context(shutdown_after_seconds=600), request).plan()
    assert not any("more than a cold start" in w for w in longer.warnings)


def test_keep_warm_and_cold_starts_are_warned_of() -> None:
    request = Request(rps=0.01, hours=2, search=False, patience=30)
    found = " ".join(Planner(context(keep_warm=True), request).plan().warnings)
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


def test_the_busiest_hours_are_those_with_most_requests(tmp_path: Path) -> None:
    noon = daily(10, 24).busiest(2)
    assert noon.hours == 2
    assert noon.mean_rate == pytest.approx(10 * 1.8, rel=0.01)
    spiked = spike(1, 24, 5, 13.2, 30).busiest(1)
    assert spiked.mean_rate == pytest.approx(1 + 4 * 0.5, rel=0.01)
    whole = constant(3, 4)
    assert whole.busiest(4) is whole
    file = tmp_path / "arrivals.csv"
    file.write_text("".join(f"{t}\n" for t in [0, 100, 7300, 7301, 7302, 10000]))
    cut, _ = recorded(file, 4)
    assert cut.busiest(1).recorded.tolist() == [100, 101, 102, 2800]


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


# --- the page -------------------------------------------------------------------------------------


class Reader(html.parser.HTMLParser):
    """Checks nesting, and collects what a browser would load from elsewhere."""

    VOID = ("meta", "link", "img", "br")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.charts = 0
        self.outside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.charts += tag == "svg"
        self.outside += [value or "" for name, value in attrs if name in ("src", "href")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in ("p", "li") and self.open[-1] != tag:
            return
        assert self.open.pop() == tag


def test_the_page_is_one_file_with_all_plots(plan: Plan) -> None:
    text = page.page(plan)
    reader = Reader()
    reader.feed(text)
    assert reader.open == []
    assert reader.outside == []
    assert reader.charts == 7
    assert "NaN" not in text
    assert "nan" not in re.sub(r"<title>.*?</title>", "", text)
    assert "@import" not in text
    assert "url(" not in text


def test_no_answer_can_put_markup_into_the_page() -> None:
    answers = context(model="a/b", revision="0" * 40)
    request = Request(rps=0.1, hours=0.5, seconds_per_request=1, search=False)
    found = Planner({**answers, "model": "<script>alert(1)</script>"}, request).plan()
    assert "<script" not in page.page(found)


@pytest.mark.whole
def test_a_browser_draws_the_page(plan: Plan, tmp_path: Path) -> None:
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("no browser")
    file = tmp_path / "plan.html"
    page.write(plan, file)
    script = (
        "<script>const marks=[...document.querySelectorAll('polyline,circle')];"
        "document.title=JSON.stringify({marks:marks.length,"
        "drawn:marks.filter(m=>m.getBBox().width>=0&&m.getTotalLength()>0).length,"
        "wide:document.documentElement.scrollWidth<=innerWidth})</script></body>"
    )
    file.write_text(file.read_text().replace("</body>", script))
    done = subprocess.run(
        [browser, "--headless", "--no-sandbox", "--disable-gpu", "--window-size=900,1200",
         f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", file.as_uri()],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    (title,) = re.findall(r"<title>(\{.*?\})</title>", done.stdout)
    facts = json.loads(title.replace("&quot;", '"'))
    assert facts["marks"] > 15
    assert facts["drawn"] == facts["marks"]
    assert facts["wide"]


def test_an_empty_day_makes_a_page_too() -> None:
    request = Request(rps=1e-9, hours=1, seconds_per_request=1, search=False)
    found = Planner(context(), request).plan()
    assert math.isnan(found.chosen.result.p95_s)
    assert json.loads(json.dumps(found.as_json(), allow_nan=False))["result"]["p95_s"] is None
    assert "<svg" in page.page(found)
