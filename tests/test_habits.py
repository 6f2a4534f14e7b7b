"""CHUTE_NEW_* variables and the defaults file: defaults only, and never beside an answers file."""

import json
from pathlib import Path
from typing import Any

import pytest
from conftest import Run

from scaffold.questions import Questionnaire

REQUIRED = ["--set=username=alice", "--set=name=my-chute"]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration folder with a defaults file."""
    folder = tmp_path / "config"
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder))
    (folder / "chute-new").mkdir(parents=True)
    (folder / "chute-new" / "defaults.yml").write_text(
        "username: carol\ncache: none\nmax_instances: 7\n"
    )
    return folder / "chute-new" / "defaults.yml"


def answered(chute_new: Run, *options: str, **env: str) -> dict[str, Any]:
    """The document of a dry run."""
    run = chute_new("out", "--dry-run", "--json", *options, env=env)
    assert run.returncode == 0, run.stderr + run.stdout
    document: dict[str, Any] = json.loads(run.stdout)
    return document


def test_each_source_goes_before_the_next(chute_new: Run, home: Path, tmp_path: Path) -> None:
    (tmp_path / "answers.yml").write_text("name: my-chute\nmax_instances: 5\nci: none\n")
    document = answered(
        chute_new, "--answers=answers.yml", "--habits", "--set=ci=github",
        CHUTE_NEW_CACHE="lru", CHUTE_NEW_MAX_INSTANCES="6", CHUTE_NEW_EXCLUDE="l4, a10",
    )  # fmt: skip
    answers, origins = document["answers"], document["origins"]
    assert (answers["ci"], origins["ci"]) == ("github", "--set")
    assert (answers["max_instances"], origins["max_instances"]) == (5, "--answers")
    assert (answers["cache"], origins["cache"]) == ("lru", "CHUTE_NEW_CACHE")
    assert (answers["exclude"], origins["exclude"]) == (["l4", "a10"], "CHUTE_NEW_EXCLUDE")
    assert (answers["username"], origins["username"]) == ("carol", f"line 1 of {home}")
    assert (answers["tee"], origins["tee"]) == (True, "default")
    assert set(origins) == set(answers)


def test_an_answers_file_means_the_same_everywhere(
    chute_new: Run, home: Path, tmp_path: Path
) -> None:
    (tmp_path / "answers.yml").write_text("username: alice\nname: my-chute\n")
    document = answered(chute_new, "--answers=answers.yml", CHUTE_NEW_CI="none")
    assert document["answers"]["ci"] == "github"
    assert document["answers"]["max_instances"] == 3
    assert set(document["origins"].values()) == {"--answers", "default"}


def test_the_summary_says_what_nobody_gave(chute_new: Run, home: Path) -> None:
    run = chute_new(
        "out", "--defaults", "--dry-run", "--set=name=abc", env={"CHUTE_NEW_CI": "none"}
    )
    assert 'ci "none" (CHUTE_NEW_CI)' in run.stdout
    assert f'username "carol" (line 1 of {home})' in run.stdout
    assert 'name "abc"' not in run.stdout


def test_a_habit_for_the_other_workload_is_left_aside(chute_new: Run) -> None:
    habits = {"CHUTE_NEW_ENGINE": "sglang", "CHUTE_NEW_TASK": "embed"}
    document = answered(chute_new, "--defaults", *REQUIRED, **habits)
    assert document["answers"]["engine"] == "diffusers"
    assert document["origins"]["engine"] == "default"
    options = ["--set=workload=llm", "--set=model=Qwen/Qwen3-Embedding-0.6B"]
    document = answered(chute_new, "--defaults", *REQUIRED, *options, **habits)
    assert document["answers"]["engine"] == "sglang"
    assert document["origins"]["task"] == "CHUTE_NEW_TASK"


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("CHUTE_NEW_CI", "circle", "must be one of: github, none; it comes from CHUTE_NEW_CI"),
        ("CHUTE_NEW_INCLUDE", "h100,foo", "'foo' is not known"),
        ("CHUTE_NEW_MAX_INSTANCES", "many", "it comes from CHUTE_NEW_MAX_INSTANCES"),
        ("CHUTE_NEW_USER_NAME", "alice", "did you mean CHUTE_NEW_USERNAME?"),
    ],
)
def test_a_wrong_habit_is_reported_with_its_place(
    chute_new: Run, tmp_path: Path, name: str, value: str, says: str
) -> None:
    run = chute_new("out", "--defaults", *REQUIRED, env={name: value})
    assert run.returncode == 2
    assert says in run.stderr
    assert not (tmp_path / "out").exists()


def test_a_wrong_defaults_file_is_reported_with_its_lines(chute_new: Run, home: Path) -> None:
    home.write_text("cache: lru\nnmae: x\n")
    run = chute_new("out", "--defaults", *REQUIRED)
    assert run.returncode == 2
    assert f"{home} does not work" in run.stderr
    assert "line 2: nmae is not a question" in run.stderr


def test_settings_of_the_program_itself_are_no_answers(chute_new: Run) -> None:
    answered(chute_new, "--defaults", *REQUIRED, CHUTE_NEW_REGISTRY="http://127.0.0.1:9")


def test_what_is_missing_is_refused_with_the_ways_to_give_it(chute_new: Run) -> None:
    run = chute_new("out", "--defaults", "--set=name=abc")
    assert run.returncode == 2
    assert "--set username=VALUE" in run.stderr
    assert "CHUTE_NEW_USERNAME=VALUE" in run.stderr
    problems = json.loads(chute_new("out", "--defaults", "--json").stdout)["error"]["problems"]
    assert {problem["key"]: problem["options"][0] for problem in problems} == {
        "username": "--set username=VALUE",
        "name": "--set name=VALUE",
    }


def test_a_habit_is_the_default_and_needs_no_asking() -> None:
    questionnaire = Questionnaire()
    questionnaire.habits = {"username": "carol", "name": "abc"}
    resolution = questionnaire.resolve({"name": "other"})
    assert resolution.problems == []
    assert resolution.answers["username"] == "carol"
    assert resolution.answers["name"] == "other"
