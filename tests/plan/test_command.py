"""`chute-new plan`: its options, its document, what it writes, and the parts that feed it."""

import json
import subprocess
import sys

import pytest

from support.command import Run
from support.places import ROOT
from support.planning import QUICK, SETTINGS

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
        (
            ("--rps", "1", "--set", "model=a/b", "--set", f"revision={'0' * 40}"),
            "--seconds-per-request",
        ),
        ((".", "--rps", "1"), "has no .copier-answers.yml"),
    ],
)
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


@pytest.mark.whole
def test_other_commands_start_without_numpy() -> None:
    code = "import sys, scaffold.cli, scaffold.answers.advice; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_set_on_the_command_line_is_left_alone_by_the_search(chute_new: Run) -> None:
    fixed = ("--set", "max_instances=2", "--set", "scaling_threshold=0.6")
    document = json.loads(chute_new("plan", *QUICK, *fixed, "--json").stdout)
    assert document["settings"]["max_instances"] == 2
    assert {a["settings"]["scaling_threshold"] for a in document["alternatives"]} == {0.6}
