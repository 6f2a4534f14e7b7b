"""`chute-new create` without a terminal: what it writes, refuses, says and returns."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest
import yaml

from scaffold.adopt.adoption import ONLY_TAG
from scaffold.answers.questions import Questionnaire
from scaffold.creation.create import _next_steps, _pin
from support.answers import REQUIRED
from support.command import Run
from support.loading import Loader, assert_as_answered
from support.places import ROOT

SETTINGS = [f"--set={key}={value}" for key, value in REQUIRED.items()]
EXAMPLES = sorted((ROOT / "examples").glob("*.yml"))


def git(folder: Path, *arguments: str) -> str:
    """The output of one git command."""
    return subprocess.run(
        ["git", *arguments], cwd=folder, check=True, capture_output=True, text=True
    ).stdout.strip()


@pytest.mark.path
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_becomes_a_verified_repository(
    chute_new: Run, tmp_path: Path, example: Path
) -> None:
    run = chute_new.fresh("out", "--answers", str(example), "--json")
    assert run.returncode == 0, run.stderr
    document = json.loads(run.stdout)
    out = tmp_path / "out"
    assert document["destination"] == str(out)
    assert document["verified"] is True
    assert document["commit"] == git(out, "rev-parse", "HEAD")
    assert git(out, "status", "--porcelain", "--ignored") == ""
    assert document["files"] == sorted(git(out, "ls-files").splitlines())
    assert {"chute.py", "Makefile", "README.md", ".copier-answers.yml"} <= set(document["files"])
    given = yaml.safe_load(example.read_text())
    assert document["answers"].items() >= given.items()
    assert set(document["cost"]) == {"prod", "staging"}
    assert document["cost"]["prod"]["usd_per_hour_cap"] == pytest.approx(1.8 * 3)
    assert isinstance(document["warnings"], list)
    unlocked = bool(document["answers"].get("packages"))
    assert any("make test" in step for step in document["next_steps"])
    assert any(step.startswith("make pin") for step in document["next_steps"]) == unlocked
    assert str(ROOT) not in (out / ".copier-answers.yml").read_text()


def test_packages_that_no_lock_has_are_locked_before_the_tests() -> None:
    plain, with_packages = (_next_steps(Path("there"), pin) for pin in ("", "make pin"))
    assert "make setup && make test" in plain[1]
    assert [step.split("  ")[0] for step in with_packages[1:4]] == [
        "make setup",
        "make pin",
        "make test",
    ]
    assert "asks the package index" in with_packages[2]
    assert _pin({"packages": ["timm==1.0.20"]}, None) == "make pin"
    assert _pin({"packages": []}, None) == ""


def test_a_tag_that_only_the_sdk_can_tell_is_no_package() -> None:
    step = _next_steps(Path("there"), ONLY_TAG)[2]
    assert step.startswith('make pin ARGS="--only tag"')
    assert step.endswith("# write the tag of the changed image")


@pytest.mark.whole
def test_the_destination_defaults_to_the_name(chute_new: Run, tmp_path: Path) -> None:
    run = chute_new("create", "--defaults", "--no-verify", *SETTINGS)
    assert run.returncode == 0, run.stderr
    assert (tmp_path / "my-chute" / "chute.py").is_file()


@pytest.mark.whole
def test_answers_come_from_standard_input_and_set_wins(chute_new: Run, tmp_path: Path) -> None:
    run = chute_new(
        "out",
        "--answers=-",
        "--set=max_instances=7",
        "--json",
        "--no-verify",
        input="username: alice\nname: from-stdin\nmax_instances: 2\n",
    )
    assert run.returncode == 0, run.stderr
    answers = json.loads(run.stdout)["answers"]
    assert (answers["name"], answers["max_instances"]) == ("from-stdin", 7)
    stored = yaml.safe_load((tmp_path / "out" / ".copier-answers.yml").read_text())
    assert {**answers, "_commit": stored["_commit"], "_src_path": "chute-new"} == stored


def test_a_dry_run_writes_nothing(chute_new: Run, tmp_path: Path) -> None:
    run = chute_new("out", "--defaults", "--dry-run", "--json", *SETTINGS)
    assert run.returncode == 0, run.stderr
    document = json.loads(run.stdout)
    assert "chute.py" in document["files"]
    assert (document["commit"], document["verified"]) == (None, None)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.whole
def test_without_git_and_verification(chute_new: Run, tmp_path: Path) -> None:
    run = chute_new("out", "--defaults", "--no-git", "--no-verify", "--json", *SETTINGS)
    document = json.loads(run.stdout)
    assert (document["commit"], document["verified"]) == (None, None)
    assert not (tmp_path / "out" / ".git").exists()


@pytest.mark.whole
def test_quiet_prints_nothing(chute_new: Run) -> None:
    run = chute_new("out", "--defaults", "--no-verify", "--quiet", *SETTINGS)
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


@pytest.mark.whole
def test_people_read_the_cost_and_the_next_step(chute_new: Run) -> None:
    run = chute_new("out", "--defaults", "--no-verify", *SETTINGS)
    assert "at most per hour" in run.stdout
    assert "$5.40" in run.stdout
    assert "make setup && make test" in run.stdout


def test_every_problem_is_reported_with_its_line(chute_new: Run, tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text("nmae: x\nusername: alice\ngpu_count: 9\n\ntee: no way\n")
    run = chute_new("out", "--answers", "a.yml", "--json")
    assert run.returncode == 2
    error = json.loads(run.stdout)["error"]
    assert error["code"] == 2
    found = {p["key"]: (p["line"], p["value"]) for p in error["problems"]}
    assert found == {
        "nmae": (1, "x"),
        "gpu_count": (3, 9),
        "tee": (5, "no way"),
        "name": (None, None),
    }
    assert "did you mean name?" in run.stderr
    assert "line 3: gpu_count must be a whole number from 1 to 8 (given 9)" in run.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["out", "--defaults"], 2),
        (["out", "--nope"], 2),
        (["out", "extra", "--defaults"], 2),
        (["out", "--answers", "missing.yml"], 2),
        (["out", "--set", "name", "--defaults"], 2),
        (["full", "--defaults", *SETTINGS], 3),
        (["a-file", "--defaults", *SETTINGS], 3),
        (["a-file/below", "--defaults", *SETTINGS], 3),
    ],
)
def test_refusals_have_their_code_and_no_traceback(
    chute_new: Run, tmp_path: Path, arguments: list[str], code: int
) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").write_text("mine")
    (tmp_path / "a-file").touch()
    run = chute_new(*arguments)
    assert run.returncode == code, run.stderr
    assert run.stderr.startswith("error: ")
    assert "Traceback" not in run.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a-file", "full"]
    assert (tmp_path / "full" / "mine").read_text() == "mine"


HOSTILE = [
    "{{ 7*7 }}",
    "{% for x in y %}",
    'He said "hi" \\',
    "it's `$(touch hacked)` ${HOME} $$ %s",
    "line one\nline two\n---\nkey: value",
    "emoji 🎈 é \u2028 \u202e end",
    '""" + __import__(\'os\').system(\'true\') + """',
    "</script> <!-- --> ]]> # comment",
    "${{ github.event.issue.title }}",
    "\t- tab\rreturn",
]


@pytest.mark.whole
@pytest.mark.parametrize("workload", ["image", "llm"])
@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_free_text_is_text_everywhere(
    chute_new: Run,
    tmp_path: Path,
    load: Loader,
    questionnaire: Questionnaire,
    workload: str,
    text: str,
) -> None:
    """Verified as the command does, but for the process that loads it."""
    answers = {**REQUIRED, "workload": workload, "tagline": text}
    run = chute_new("out", "--answers=-", "--json", "--no-verify", input=json.dumps(answers))
    assert run.returncode == 0, run.stderr + run.stdout
    out = tmp_path / "out"
    assert_as_answered(out, json.loads(run.stdout), load, questionnaire)
    stored = yaml.safe_load((out / ".copier-answers.yml").read_text())
    assert stored["tagline"] == text
    tomllib.loads((out / "pyproject.toml").read_text())
    assert not list(tmp_path.rglob("hacked"))


@pytest.mark.whole
def test_the_same_answers_give_the_same_bytes(chute_new: Run, tmp_path: Path) -> None:
    for name in ("one", "two"):
        run = chute_new.fresh(name, "--answers", str(EXAMPLES[0]), "--no-git", "--no-verify")
        assert run.returncode == 0

    def tree(folder: Path) -> dict[str, tuple[int, bytes]]:
        files = (path for path in folder.rglob("*") if path.is_file())
        return {str(p.relative_to(folder)): (p.stat().st_mode, p.read_bytes()) for p in files}

    assert tree(tmp_path / "one") == tree(tmp_path / "two")


@pytest.mark.whole
@pytest.mark.parametrize("umask", [0o022, 0o077, 0o002])
def test_modes_follow_the_umask(tmp_path: Path, chute_new: Run, umask: int) -> None:
    old = os.umask(umask)
    try:
        assert chute_new("out", "--defaults", "--no-verify", *SETTINGS).returncode == 0
    finally:
        os.umask(old)
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o777 & ~umask
    assert (tmp_path / "out" / "chute.py").stat().st_mode & 0o777 == 0o666 & ~umask


@pytest.mark.whole
def test_a_git_hook_around_it_is_left_alone(chute_new: Run, tmp_path: Path) -> None:
    outer = tmp_path / "outer"
    outer.mkdir()
    git(outer, "init", "-q")
    environment = {"GIT_DIR": str(outer / ".git"), "GIT_INDEX_FILE": str(outer / "index")}
    run = chute_new("out", "--defaults", "--no-verify", *SETTINGS, env=environment)
    assert run.returncode == 0, run.stderr
    assert git(tmp_path / "out", "log", "--format=%s").startswith("Create from chute-new v")
    assert not (outer / "index").exists()


@pytest.mark.whole
def test_a_global_ignore_file_loses_nothing(chute_new: Run, tmp_path: Path) -> None:
    (tmp_path / "ignore").write_text("*.md\nMakefile\n.env*\n")
    (tmp_path / "gitconfig").write_text(f"[core]\nexcludesFile = {tmp_path / 'ignore'}\n")
    run = chute_new(
        "out",
        "--defaults",
        "--no-verify",
        "--json",
        *SETTINGS,
        env={"GIT_CONFIG_GLOBAL": str(tmp_path / "gitconfig")},
    )
    listed = git(tmp_path / "out", "ls-files").splitlines()
    assert sorted(listed) == json.loads(run.stdout)["files"]


@pytest.mark.whole
def test_without_an_identity_there_is_a_commit_all_the_same(chute_new: Run, tmp_path: Path) -> None:
    environment = {
        f"GIT_{role}_{part}": "" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")
    }
    environment |= {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    run = chute_new("out", "--defaults", "--no-verify", "--json", *SETTINGS, env=environment)
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout)["commit"]


@pytest.mark.whole
def test_inside_another_repository_it_says_so(chute_new: Run, tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    run = chute_new("out", "--defaults", "--no-verify", "--json", *SETTINGS)
    assert any("inside another git repository" in w for w in json.loads(run.stdout)["warnings"])


@pytest.mark.whole
def test_a_missing_git_is_an_outside_failure(chute_new: Run, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    environment = {"PATH": str(tmp_path / "bin")}
    run = chute_new("out", "--defaults", *SETTINGS, env=environment)
    assert (run.returncode, "--no-git" in run.stderr) == (4, True)
    assert not (tmp_path / "out").exists()
    run = chute_new("out", "--defaults", "--no-git", "--no-verify", *SETTINGS, env=environment)
    assert run.returncode == 0, run.stderr


@pytest.mark.whole
@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root")
def test_a_full_disk_leaves_nothing(chute_new: Run, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("this sandbox cannot mount")
    try:
        run = chute_new("disk/out", "--defaults", *SETTINGS)
        assert run.returncode == 4, run.stderr
        assert "no space" in run.stderr
        assert list(disk.iterdir()) == []
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def started(folder: Path) -> subprocess.Popen[str]:
    """A run that has begun to write in `folder`."""
    process = subprocess.Popen(
        [sys.executable, "-m", "scaffold", "out", "--defaults", *SETTINGS],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 60
    while not any(folder.iterdir()) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.005)
    return process


@pytest.mark.whole
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_nothing(tmp_path: Path, number: signal.Signals) -> None:
    process = started(tmp_path)
    process.send_signal(number)
    _, talk = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in talk
    assert list(tmp_path.iterdir()) == []


@pytest.mark.whole
@pytest.mark.parametrize("delay", [0.0, 0.05, 0.2, 0.5, 1.0])
def test_a_kill_leaves_all_or_nothing(chute_new: Run, tmp_path: Path, delay: float) -> None:
    process = started(tmp_path)
    time.sleep(delay)
    process.kill()
    process.communicate()
    out = tmp_path / "out"
    if out.exists():
        assert git(out, "status", "--porcelain") == ""
        shutil.rmtree(out)
    assert chute_new("out", "--defaults", "--no-verify", *SETTINGS).returncode == 0
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
