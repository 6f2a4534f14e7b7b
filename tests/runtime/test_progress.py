"""What a waiting program or person sees meanwhile, on standard error only."""

import io
import json
import os
import shlex
import subprocess
import sys
import time
from contextlib import redirect_stderr
from pathlib import Path
from typing import Any

import pexpect
import pytest

from scaffold.__main__ import COMMANDS
from scaffold.creation.verify import sdk_installed
from scaffold.runtime import progress, report
from support.answers import REQUIRED
from support.command import Run
from support.places import ROOT

SETTINGS = [f"--set={key}={value}" for key, value in REQUIRED.items()]


def events(talk: str) -> list[dict[str, Any]]:
    """What was said, line by line; every line is JSON."""
    return [json.loads(line) for line in talk.splitlines()]


def steps(found: list[dict[str, Any]]) -> dict[str, str]:
    """The last status of each step, in the order they began."""
    return {event["step"]: event["status"] for event in found if event["event"] == "step"}


@pytest.mark.whole
def test_every_step_starts_and_ends_and_the_run_does(chute_new: Run) -> None:
    run = chute_new("out", "--defaults", "--progress=json", *SETTINGS)
    *during, end = events(run.stderr)
    assert end == {"event": "end", "code": 0}
    checks = ["verify.files", "verify.checklist", *(["verify.sdk"] if sdk_installed() else [])]
    names = ["answers", "digest", "render", "weights", "verify", *checks, "commit", "publish"]
    assert list(steps(during).items()) == [(name, "done") for name in names]
    for name in steps(during):
        started, done = [event for event in during if event["step"] == name]
        assert started == {"event": "step", "step": name, "status": "started"}
        assert done["seconds"] >= 0


def test_what_is_left_out_is_no_step(chute_new: Run) -> None:
    options = ["--no-git", "--no-verify", "--offline"]
    run = chute_new("out", "--defaults", "--progress=json", *options, *SETTINGS)
    assert list(steps(events(run.stderr))) == ["answers", "render", "publish"]


def test_a_refusal_is_a_message_and_an_end(chute_new: Run, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").touch()
    run = chute_new("out", "--defaults", "--progress=json", *SETTINGS)
    *_, message, end = events(run.stderr)
    assert "is not empty" in message["text"]
    assert end == {"event": "end", "code": run.returncode} == {"event": "end", "code": 3}


def test_wrong_answers_are_a_step_that_failed(chute_new: Run) -> None:
    run = chute_new("out", "--defaults", "--progress=json", "--json", "--set=gpu_count=9")
    found = events(run.stderr)
    assert steps(found) == {"answers": "failed"}
    assert "gpu_count must be" in found[-2]["text"]
    assert json.loads(run.stdout)["error"]["code"] == found[-1]["code"] == 2


@pytest.mark.parametrize("form", [["--progress=json"], ["--progress", "json"]])
def test_bad_usage_is_told_in_the_form_asked_for(chute_new: Run, form: list[str]) -> None:
    run = chute_new("out", *form, "--json", "--no-such-option")
    message, end = events(run.stderr)
    assert "--no-such-option" in message["text"]
    error = json.loads(run.stdout)["error"]
    assert (error["code"], end["code"], run.returncode) == (2, 2, 2)
    assert "--no-such-option" in error["message"]


@pytest.mark.whole
@pytest.mark.parametrize("redirection", ["2>&-", "2>/dev/full", "2> >(true)"])
def test_nobody_needs_to_watch(tmp_path: Path, redirection: str) -> None:
    if "/dev/full" in redirection and not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    options = ["--defaults", "--offline", "--no-verify", "--progress=json", *SETTINGS]
    command = shlex.join([sys.executable, "-m", "scaffold", "out", *options])
    run = subprocess.run(
        ["bash", "-c", f"{command} {redirection}"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    assert run.returncode == 0, run.stdout
    assert (tmp_path / "out" / "chute.py").is_file()


@pytest.mark.whole
def test_a_step_that_fails_says_so(chute_new: Run, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    git = tmp_path / "bin" / "git"
    git.write_text("#!/bin/sh\nexit 9\n")
    git.chmod(0o755)
    run = chute_new(
        "out",
        "--defaults",
        "--progress=json",
        "--no-verify",
        *SETTINGS,
        env={"PATH": f"{git.parent}:/usr/bin:/bin"},
    )
    assert run.returncode == 4
    failed = [e["step"] for e in events(run.stderr) if e.get("status") == "failed"]
    assert failed == ["commit"]


def test_another_form_is_refused(chute_new: Run) -> None:
    run = chute_new("out", "--defaults", "--progress=xml", "--json", *SETTINGS)
    assert run.returncode == json.loads(run.stdout)["error"]["code"] == 2


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_each_command_documents_the_exit_codes(chute_new: Run, command: str) -> None:
    said = " ".join(chute_new(command, "--help").stdout.split())
    assert "0 done; 1 it ran and the answer is no; 2 bad usage or answers; 3 refused" in said


PLAN = ["plan", "--rps=1", "--hours=1", "--seconds-per-request=2", "--cold-start-seconds=60"]


@pytest.mark.whole
@pytest.mark.parametrize("term", ["xterm-256color", "dumb"])
def test_a_search_counts_on_a_terminal_and_leaves_no_trace_of_it(term: str) -> None:
    told, _ = pexpect.run(
        shlex.join([sys.executable, "-m", "scaffold", *PLAN]),
        env={**os.environ, "TERM": term},
        cwd=ROOT,
        encoding="utf-8",
        timeout=120,
        withexitstatus=True,
    )
    counts = [part for part in told.split("\r") if part.startswith("Simulating")]
    if term == "dumb":
        assert counts == []
        return
    assert counts[:3] == ["Simulating: 1", "Simulating: 2", "Simulating: 3"]
    wiped = " " * len(counts[-1])
    assert told.partition(counts[-1])[2].startswith(f"\r{wiped}\r")


def test_nothing_is_counted_for_a_program(chute_new: Run) -> None:
    run = chute_new(*PLAN)
    assert run.returncode == 0
    assert "Simulating" not in run.stderr + run.stdout


class Terminal(io.StringIO):
    """Standard error where somebody looks."""

    def isatty(self) -> bool:
        return True

    def shows(self, text: str) -> None:
        """Wait until it does."""
        for _ in range(6000):
            if text in self.getvalue():
                return
            time.sleep(0.01)
        raise AssertionError(self.getvalue())


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.setattr(progress, "_FIRST_SECONDS", 0.001)
    monkeypatch.setenv("TERM", "xterm")
    return Terminal()


def test_what_takes_a_while_is_told_and_taken_away(terminal: Terminal) -> None:
    with redirect_stderr(terminal), progress.waiting("Merging, 2 of 2"):
        terminal.shows("\rMerging, 2 of 2 (")
        with progress.step("render"):
            terminal.shows("\rWriting the files (")
        report.talk("Something else.")
    told = terminal.getvalue()
    assert "\rSomething else.\n" in told
    assert told.endswith((" \r", "Something else.\n"))


def test_a_terminal_that_cannot_go_back_is_told_once(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "dumb")
    with redirect_stderr(terminal), progress.waiting("Merging"):
        terminal.shows("Merging ...\n")
        time.sleep(0.05)
    assert terminal.getvalue() == "Merging ...\n"


def test_a_log_is_not_told(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal, "isatty", lambda: False)
    with redirect_stderr(terminal), progress.waiting("Merging"):
        time.sleep(0.05)
    assert terminal.getvalue() == ""
