"""CHUTE_NEW_* variables and the defaults file: defaults only, and never beside an answers file."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from scaffold.answers.habits import ENVIRONMENT, OWN, file
from scaffold.answers.questions import Habit, Questionnaire
from scaffold.creation import create
from support.command import Run
from support.places import ROOT

REQUIRED = ["--set=username=alice", "--set=name=my-chute"]
SDXL = "stabilityai/stable-diffusion-xl-base-1.0"


@pytest.fixture(autouse=True)
def nothing_is_rendered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers stand before a dry run renders its first file; `test_create` looks at those."""
    monkeypatch.setattr(create, "render", lambda template, answers, folder: [])


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
        chute_new,
        "--answers=answers.yml",
        "--habits",
        "--set=ci=github",
        CHUTE_NEW_CACHE="lru",
        CHUTE_NEW_MAX_INSTANCES="6",
        CHUTE_NEW_EXCLUDE="l4, a10",
    )
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
    assert "nmae is not a question; did you mean name?" in run.stderr
    assert f"it comes from line 2 of {home}" in run.stderr


def test_settings_of_the_program_itself_are_no_answers(chute_new: Run) -> None:
    own = {f"{ENVIRONMENT}{name}": "http://127.0.0.1:9" for name in OWN}
    document = answered(chute_new, "--defaults", *REQUIRED, **own)
    assert set(document["origins"].values()) == {"--set", "default"}


def test_every_variable_of_the_project_is_an_answer_or_its_own() -> None:
    folders = ("scaffold", "tests", "hooks", "benchmarks", ".ci", ".github")
    files = (path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file())
    names = {
        name
        for path in files
        if path != Path(__file__) and path.suffix in (".py", ".yml", "")
        for name in re.findall(rf"\b{ENVIRONMENT}([A-Z_]+)", path.read_text(errors="replace"))
    }
    keys = {key.upper() for key in Questionnaire().keys}
    assert names - keys == OWN


def options(run: Any) -> dict[str, list[str]]:
    """The ways to give each wrong or missing answer, as programs read them."""
    problems = json.loads(run.stdout)["error"]["problems"]
    return {problem["key"]: problem["options"] for problem in problems}


def test_what_is_missing_is_refused_with_the_ways_to_give_it(chute_new: Run) -> None:
    run = chute_new(
        "out", "--set=name=abc", "--set=model=a/b", "--set=nmae=x", "--json", "--offline"
    )
    assert run.returncode == 2
    for way in ("--set username=VALUE", "CHUTE_NEW_USERNAME=VALUE", "--set revision=VALUE"):
        assert way in run.stderr
    ways = ["--set {0}=VALUE", "{0}: VALUE in --answers FILE", "CHUTE_NEW_{1}=VALUE"]
    assert options(run) == {
        key: [way.format(key, key.upper()) for way in ways] for key in ("username", "revision")
    } | {"nmae": []}


def test_no_way_is_named_that_would_not_be_looked_at(chute_new: Run, tmp_path: Path) -> None:
    (tmp_path / "mine.yml").write_text("name: abc\ngpu_count: 9\n")
    run = chute_new("out", "--answers=mine.yml", "--json", env={"CHUTE_NEW_USERNAME": "carol"})
    assert options(run) == {
        "username": ["--set username=VALUE", "username: VALUE in mine.yml"],
        "gpu_count": ["--set gpu_count=VALUE", "gpu_count: VALUE in mine.yml"],
    }
    assert "--set gpu_count" not in run.stderr  # it is there, only wrong
    run = chute_new("out", "--answers=-", "--habits", "--json", input="name: abc\n")
    assert options(run)["username"][1:] == [
        "username: VALUE on standard input",
        "CHUTE_NEW_USERNAME=VALUE",
    ]


def test_a_habit_is_the_default_and_needs_no_asking() -> None:
    questionnaire = Questionnaire()
    questionnaire.habits = {"username": Habit("carol", "x"), "name": Habit("abc", "x")}
    resolution = questionnaire.resolve({"name": "other"})
    assert resolution.problems == []
    assert resolution.answers["username"] == "carol"
    assert resolution.answers["name"] == "other"
    assert resolution.habits == {"username": "x"}


@pytest.mark.parametrize(
    ("habits", "workload", "key", "answer", "origin"),
    [
        ({"CONCURRENCY": "32"}, "image", "concurrency", 1, "default"),
        ({"CONCURRENCY": "32"}, "llm", "concurrency", 32, "CHUTE_NEW_CONCURRENCY"),
        ({"MODEL": "Qwen/Qwen3-4B"}, "image", "model", SDXL, "default"),
        ({"MODEL": "Qwen/Qwen3-4B"}, "llm", "model", "Qwen/Qwen3-4B", "CHUTE_NEW_MODEL"),
        ({"EXCLUDE": "a10, 4090"}, "llm", "exclude", ["a10", "4090"], "CHUTE_NEW_EXCLUDE"),
        ({"EXCLUDE": "4090, a10"}, "llm", "exclude", ["a10", "4090"], "CHUTE_NEW_EXCLUDE"),
    ],
)
def test_a_habit_counts_where_it_can(
    chute_new: Run, habits: dict[str, str], workload: str, key: str, answer: Any, origin: str
) -> None:
    environment = {f"CHUTE_NEW_{name}": value for name, value in habits.items()}
    document = answered(
        chute_new, "--defaults", *REQUIRED, f"--set=workload={workload}", **environment
    )
    assert document["origins"][key] == origin
    assert document["answers"][key] == answer


def test_a_limit_on_the_price_is_never_left_aside(chute_new: Run) -> None:
    environment = {"CHUTE_NEW_MAX_HOURLY_PRICE_PER_GPU": "1"}
    run = chute_new("out", "--defaults", *REQUIRED, env=environment)
    assert run.returncode == 2
    assert "leaves no GPU" in run.stderr
    assert "it comes from CHUTE_NEW_MAX_HOURLY_PRICE_PER_GPU" in run.stderr


def test_a_commit_is_a_habit_of_its_model_only(chute_new: Run, home: Path) -> None:
    home.write_text(f"model: some/thing\nrevision: {'a' * 40}\n")
    own = answered(chute_new, "--defaults", "--offline", *REQUIRED)
    assert own["answers"]["revision"] == "a" * 40
    other = answered(chute_new, "--defaults", *REQUIRED, f"--set=model={SDXL}")
    assert other["answers"]["revision"].startswith("462165984030d82259a1")
    assert other["origins"]["revision"] == "default"


def test_everything_wrong_is_reported_at_once(chute_new: Run, home: Path) -> None:
    home.write_text("nmae: x\nci: circle\n")
    run = chute_new(
        "out",
        "--defaults",
        "--set=gpu_count=9",
        "--json",
        env={"CHUTE_NEW_USER_NAME": "alice", "CHUTE_NEW_TAGLINE": "\udcff"},
    )
    assert set(options(run)) == {
        "nmae",
        "ci",
        "gpu_count",
        "username",
        "name",
        "CHUTE_NEW_USER_NAME",
        "CHUTE_NEW_TAGLINE",
    }


@pytest.mark.parametrize(
    "text", ["", "# username: carol\n", "---\n"], ids=["empty", "comment", "yaml"]
)
def test_a_defaults_file_may_say_nothing(chute_new: Run, home: Path, text: str) -> None:
    home.write_text(text)
    assert answered(chute_new, "--defaults", *REQUIRED)["answers"]["username"] == "alice"


@pytest.mark.parametrize("text", ["a: 1\na: 2\n", "[", "x: &a 1\n", "- a\n"])
def test_a_broken_defaults_file_is_named(chute_new: Run, home: Path, text: str) -> None:
    home.write_text(text)
    run = chute_new("out", "--defaults", *REQUIRED)
    assert run.returncode == 2
    assert str(home) in run.stderr
    assert "Traceback" not in run.stderr


@pytest.mark.parametrize(
    ("environment", "place"),
    [
        ({"XDG_CONFIG_HOME": "/x", "HOME": "/h"}, "/x/chute-new/defaults.yml"),
        ({"XDG_CONFIG_HOME": "", "HOME": "/h"}, "/h/.config/chute-new/defaults.yml"),
        ({"XDG_CONFIG_HOME": "here", "HOME": "/h"}, "/h/.config/chute-new/defaults.yml"),
        ({"HOME": "/h"}, "/h/.config/chute-new/defaults.yml"),
        ({"HOME": "here"}, None),
    ],
)
def test_the_defaults_file_never_depends_on_the_current_folder(
    environment: dict[str, str], place: str | None
) -> None:
    found = file(environment)
    assert place == (str(found) if found else None)


def test_no_home_is_no_habit(chute_new: Run, tmp_path: Path) -> None:
    for folder in ("chute-new", "~/.config/chute-new", ".config/chute-new"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "defaults.yml").write_text("username: mallory\n")
    document = answered(
        chute_new,
        "--defaults",
        "--set=name=abc",
        CHUTE_NEW_USERNAME="carol",
        HOME="",
        XDG_CONFIG_HOME="",
    )
    assert document["answers"]["username"] == "carol"
    assert str(tmp_path) not in str(document["origins"])
