"""Hostile circumstances, each really provoked: the repository is there and whole, or nothing is."""

import os
import random
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from support.answers import REQUIRED
from support.command import Run
from support.forks import Forks, environment
from support.machine import need
from support.places import ROOT, TESTS

SETTINGS = ["--defaults", "--offline", *(f"--set={k}={v}" for k, v in REQUIRED.items())]
QUICK = [*SETTINGS, "--no-verify", "--no-git"]
KILLS = 60
ESC = "\x1b"


def names(folder: Path) -> set[str]:
    """What lies in a folder."""
    return {path.name for path in folder.iterdir()}


def assert_whole(folder: Path) -> None:
    """A repository with all its files, its work tree clean where there is git."""
    assert {"chute.py", "Makefile", "README.md", ".copier-answers.yml"} <= names(folder)
    assert len([p for p in folder.rglob("*") if p.is_file() and ".git" not in p.parts]) > 60
    if (folder / ".git").exists():
        status = ["git", "status", "--porcelain"]
        run = subprocess.run(status, cwd=folder, check=True, capture_output=True, text=True)
        assert run.stdout == ""


def under(
    wrapper: Sequence[str], folder: Path, *arguments: str, **env: str
) -> subprocess.CompletedProcess[str]:
    """One run of the command inside of another program."""
    return subprocess.run(
        [*wrapper, sys.executable, "-m", "scaffold", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), **env},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )


AWKWARD = [
    "with space",
    "émoji 🎈",
    "new\nline",
    "quo'te\"s",
    "-dash",
    "$HOME",
    "a;b",
    "~tilde",
    "%s",
]


@pytest.mark.whole
@pytest.mark.parametrize("name", AWKWARD)
def test_an_awkward_destination_and_the_next_step_to_it(
    chute_new: Run, tmp_path: Path, name: str
) -> None:
    run = chute_new(f"./{name}", *SETTINGS, "--no-verify")
    assert run.returncode == 0, run.stderr
    assert_whole(tmp_path / name)
    (step,) = re.findall(r"^  (cd [\s\S]+?)\n  make setup", run.stdout, re.MULTILINE)
    assert "Made " in run.stdout
    there = subprocess.run(
        ["bash", "-c", f"{step} && make help"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "deploy-staging" in there.stdout


@pytest.mark.whole
def test_a_symlink_to_an_empty_folder_is_followed(chute_new: Run, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    assert chute_new("link", *QUICK).returncode == 0
    assert (tmp_path / "link").is_symlink()
    assert_whole(tmp_path / "real")


@pytest.mark.whole
def test_a_symlink_to_nothing_makes_what_it_names(chute_new: Run, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("elsewhere/real")
    assert chute_new("link", *QUICK).returncode == 0
    assert_whole(tmp_path / "elsewhere" / "real")


@pytest.mark.whole
def test_a_symlink_in_a_circle_is_refused(chute_new: Run, tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    run = chute_new("loop", *QUICK)
    assert (run.returncode, run.stderr.startswith("error: ")) == (4, True)


@pytest.mark.whole
def test_an_existing_empty_folder_is_filled(chute_new: Run, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    assert chute_new("out", *QUICK).returncode == 0
    assert_whole(tmp_path / "out")


@pytest.mark.whole
def test_the_current_folder_is_filled(chute_new: Run, tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    run = chute_new(".", *SETTINGS, cwd=tmp_path / "here")
    assert run.returncode == 0, run.stderr
    assert_whole(tmp_path / "here")
    assert names(tmp_path) == {"here"}


@pytest.mark.whole
def test_a_name_that_is_too_long_is_an_outside_failure(chute_new: Run, tmp_path: Path) -> None:
    run = chute_new("x" * 300, *QUICK)
    assert run.returncode == 4
    assert "too long" in run.stderr
    assert names(tmp_path) == set()


def test_no_two_files_differ_by_case_only(chute_new: Run, tmp_path: Path) -> None:
    assert chute_new("out", *QUICK).returncode == 0
    paths = [str(path.relative_to(tmp_path)).casefold() for path in (tmp_path / "out").rglob("*")]
    assert len(paths) == len(set(paths))


@pytest.mark.whole
@pytest.mark.parametrize("home", [None, "/nonexistent"])
def test_without_a_home(chute_new: Run, tmp_path: Path, home: str | None) -> None:
    wrapper = ["env", "-u", "XDG_CONFIG_HOME", "-u", "HOME", *([f"HOME={home}"] if home else [])]
    run = under(wrapper, tmp_path, "out", *SETTINGS)
    assert run.returncode == 0, run.stderr
    assert_whole(tmp_path / "out")


@pytest.mark.whole
def test_with_the_ascii_locale_and_an_emoji(tmp_path: Path) -> None:
    environment = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    run = under([], tmp_path, "🎈", *SETTINGS, "--set", "tagline=ünï 🎈", **environment)
    assert run.returncode == 0, run.stderr
    assert_whole(tmp_path / "🎈")
    assert "ünï 🎈" in (tmp_path / "🎈" / "chute.py").read_text(encoding="utf-8")


@pytest.mark.whole
@pytest.mark.parametrize("variable", ["TERM=dumb", "NO_COLOR=1", "FORCE_COLOR=1", "COLUMNS=40"])
def test_what_is_printed_holds_no_escape_sequences(tmp_path: Path, variable: str) -> None:
    run = under(["env", variable], tmp_path, "out", *QUICK)
    assert run.returncode == 0
    assert ESC not in run.stdout + run.stderr
    if variable == "COLUMNS=40":
        talk = [line for line in run.stdout.splitlines() if line.startswith(("! ", "  "))]
        assert max(len(line) for line in talk if line.startswith("! ")) <= 40


@pytest.mark.whole
def test_as_somebody_who_is_not_root(tmp_path: Path) -> None:
    need("unshare")
    wrapper = ["unshare", "--user", "--map-user=1000", "--map-group=1000"]
    if os.geteuid() == 0 and subprocess.run([*wrapper, "true"], check=False).returncode:
        pytest.skip("this sandbox has no user namespaces")
    run = under(wrapper if os.geteuid() == 0 else [], tmp_path, "out", *SETTINGS)
    assert run.returncode == 0, run.stderr
    assert_whole(tmp_path / "out")


@pytest.mark.whole
def test_a_read_only_folder_is_an_outside_failure(tmp_path: Path) -> None:
    wrapper = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
    need("setpriv")
    folder = tmp_path / "closed"
    folder.mkdir(mode=0o555)
    run = under(wrapper if os.geteuid() == 0 else [], folder, "out", *SETTINGS)
    assert run.returncode == 4, run.stderr
    assert "permission denied" in run.stderr
    assert names(folder) == set()


@pytest.mark.whole
def test_a_limit_on_file_sizes_leaves_nothing(tmp_path: Path) -> None:
    run = under(["bash", "-c", 'ulimit -f 8; exec "$@"', "-"], tmp_path, "out", *SETTINGS)
    assert run.returncode == 4, run.stderr
    assert "too large" in run.stderr
    assert names(tmp_path) == set()


@pytest.mark.whole
def test_closed_standard_streams(tmp_path: Path) -> None:
    run = under(["bash", "-c", 'exec "$@" <&- 2>&-', "-"], tmp_path, "out", *QUICK)
    assert run.returncode == 0
    assert_whole(tmp_path / "out")


@pytest.mark.whole
def test_a_reader_who_leaves_early_is_no_defect(tmp_path: Path) -> None:
    run = under(["bash", "-c", '"$@" | true; exit ${PIPESTATUS[0]}', "-"], tmp_path, "out", *QUICK)
    assert run.returncode == 0
    assert run.stderr == ""
    assert_whole(tmp_path / "out")


@pytest.mark.whole
def test_a_full_standard_output_is_an_outside_failure(tmp_path: Path) -> None:
    run = under(["bash", "-c", 'exec "$@" > /dev/full', "-"], tmp_path, "out", *QUICK)
    assert run.returncode == 4
    assert "no space left" in run.stderr
    assert "Traceback" not in run.stderr


@pytest.mark.whole
def test_kills_at_random_moments_leave_all_or_nothing(
    chute_new: Run, tmp_path: Path, forks: Forks
) -> None:
    """The destination is absent or whole after each; the next run sweeps what lies around.

    Each has been imported already: before it has, it writes nothing that a kill could leave.
    """
    began = time.monotonic()
    assert chute_new("first", *SETTINGS, "--no-verify").returncode == 0
    longest = time.monotonic() - began
    shutil.rmtree(tmp_path / "first")
    rng = random.Random(1)
    ended = {"absent": 0, "whole": 0, "swept": 0}
    for number in range(KILLS):
        process = forks.start(["out", *SETTINGS, "--no-verify"], tmp_path, environment())
        if number % 2:
            time.sleep(rng.uniform(0, longest))
        else:  # while it writes: from the first trace of the hidden folder on
            deadline = time.monotonic() + 30
            while not any(tmp_path.iterdir()) and time.monotonic() < deadline:
                time.sleep(0.002)
            time.sleep(rng.uniform(0, longest / 2))
        process.kill()
        process.wait()
        left = names(tmp_path)
        ended["swept"] += any(name.startswith(".chute-new-") for name in left)
        if "out" in left:
            ended["whole"] += 1
            assert_whole(tmp_path / "out")
            shutil.rmtree(tmp_path / "out")
        else:
            ended["absent"] += 1
        if number % 20 == 19:
            for outer in tmp_path.glob(".chute-new-*"):  # one without a lock may be being made
                os.utime(outer, (0, 0))
            assert chute_new("out", *QUICK).returncode == 0
            assert names(tmp_path) == {"out"}
            shutil.rmtree(tmp_path / "out")
    assert ended["swept"] > KILLS // 10, f"too few were killed while they wrote: {ended}"
    assert ended["absent"] > KILLS // 10, ended


def test_the_table_of_cases_names_tests_that_exist() -> None:
    table = (ROOT / "docs" / "recovery.md").read_text()
    named = re.findall(r"`(test_\w+\.py)::(test_\w+)`", table)
    assert len(named) > 20
    for file, test in named:
        texts = [path.read_text() for path in TESTS.rglob(file)]
        assert any(re.search(rf"^def {test}\(", text, re.MULTILINE) for text in texts), test
    here = re.findall(r"^def (test_\w+)\(", Path(__file__).read_text(), re.MULTILINE)
    assert set(here) - {test for _, test in named} == {
        "test_the_table_of_cases_names_tests_that_exist"
    }
