"""`create --progress json`: one JSON line for each thing that happens, on standard error only."""

import json
from pathlib import Path
from typing import Any

import pytest
from conftest import REQUIRED, Run

from scaffold.__main__ import COMMANDS

SETTINGS = [f"--set={key}={value}" for key, value in REQUIRED.items()]


def events(talk: str) -> list[dict[str, Any]]:
    """What was said, line by line; every line is JSON."""
    return [json.loads(line) for line in talk.splitlines()]


def test_every_step_starts_and_ends_and_the_run_does(chute_new: Run) -> None:
    run = chute_new("out", "--defaults", "--progress=json", *SETTINGS)
    *steps, end = events(run.stderr)
    assert end == {"event": "end", "code": 0}
    names = ["digest", "render", "verify", "commit", "publish"]
    assert [(e["step"], e["status"]) for e in steps] == [
        (name, status) for name in names for status in ("started", "done")
    ]
    assert all(event["seconds"] >= 0 for event in steps[1::2])


def test_what_is_left_out_is_no_step(chute_new: Run) -> None:
    options = ["--no-git", "--no-verify", "--offline"]
    run = chute_new("out", "--defaults", "--progress=json", *options, *SETTINGS)
    steps = {event["step"] for event in events(run.stderr) if event["event"] == "step"}
    assert steps == {"render", "publish"}


def test_a_refusal_is_a_message_and_an_end(chute_new: Run, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").touch()
    run = chute_new("out", "--defaults", "--progress=json", *SETTINGS)
    message, end = events(run.stderr)
    assert "is not empty" in message["text"]
    assert end == {"event": "end", "code": run.returncode} == {"event": "end", "code": 3}


def test_a_step_that_fails_says_so(chute_new: Run, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    git = tmp_path / "bin" / "git"
    git.write_text("#!/bin/sh\nexit 9\n")
    git.chmod(0o755)
    run = chute_new(
        "out", "--defaults", "--progress=json", "--no-verify", *SETTINGS,
        env={"PATH": f"{git.parent}:/usr/bin:/bin"},
    )  # fmt: skip
    assert run.returncode == 4
    failed = [e["step"] for e in events(run.stderr) if e.get("status") == "failed"]
    assert failed == ["commit"]


def test_another_form_is_refused(chute_new: Run) -> None:
    assert chute_new("out", "--defaults", "--progress=xml", *SETTINGS).returncode == 2


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_each_command_documents_the_exit_codes(chute_new: Run, command: str) -> None:
    said = " ".join(chute_new(command, "--help").stdout.split())
    assert "0 done; 1 it ran and the answer is no; 2 bad usage or answers; 3 refused" in said
