"""What answers at once, without the heavy modules: the version, the help, a press of Tab."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pexpect
import pytest

from scaffold.__main__ import run
from scaffold.completion import SHELLS
from scaffold.errors import Refused
from support.command import Run
from support.machine import need
from support.places import ROOT

HEAVY = {"copier", "jinja2", "numpy", "questionary", "requests", "rich", "yaml"}


def imported(*arguments: str, **env: str) -> set[str]:
    """The top-level modules that one run of the command imports."""
    run = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "scaffold", *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT), **env},
        capture_output=True,
        text=True,
        check=True,
        stdin=subprocess.DEVNULL,
    )
    lines = [line for line in run.stderr.splitlines() if line.startswith("import time:")]
    return {line.rpartition("|")[2].strip().partition(".")[0] for line in lines}


@pytest.mark.path
@pytest.mark.parametrize("arguments", [("--version",), ("--help",)])
def test_the_quick_answers_import_next_to_nothing(arguments: tuple[str, ...]) -> None:
    assert imported(*arguments).isdisjoint(HEAVY | {"typer", "pathlib", "re"})


@pytest.mark.whole
def test_what_a_command_can_do_without_it_does_not_import() -> None:
    assert imported("create", "--help").isdisjoint(HEAVY - {"rich"})


@pytest.mark.path
def test_the_first_question_waits_for_nothing_that_it_does_not_need(tmp_path: Path) -> None:
    child = pexpect.spawn(
        sys.executable,
        ["-X", "importtime", "-m", "scaffold"],
        cwd=str(tmp_path),
        env={**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm"},
        encoding="utf-8",
        timeout=60,
    )
    try:
        child.expect_exact("Pictures, one at a time")
    finally:
        child.close(force=True)
    lines = [line for line in child.before.splitlines() if line.startswith("import time:")]
    modules = {line.rpartition("|")[2].strip() for line in lines}
    assert "questionary" in modules
    assert modules.isdisjoint(
        {"copier", "http.client", "jinja2", "numpy", "pydantic", "requests", "rich", "typer"}
    )


@pytest.mark.parametrize("arguments", [[], ["there"], ["./create"]])
def test_without_an_option_create_is_what_it_is_by_name(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not typer that calls it then."""
    calls = []

    def run_create(*given: Any, **named: Any) -> None:
        calls.append((given, {"model_config": None, "resume": False, **named}))
        raise Refused("enough")

    monkeypatch.setattr("scaffold.creation.session.run_create", run_create)
    for more in ([], ["--no-verify"]):
        assert run([*arguments, *more]) == Refused.code
    (given, named), (by_typer, with_option) = calls
    assert given == by_typer
    assert named.pop("options") == replace(with_option.pop("options"), verify=True)
    assert named == with_option


@pytest.mark.path
def test_the_help_that_is_kept_is_the_help_that_is_printed(chute_new: Run) -> None:
    kept = (ROOT / "scaffold" / "help.txt").read_text()
    assert chute_new.fresh("--help", env={"COLUMNS": "200"}).stdout == kept


@pytest.mark.whole
def test_a_narrow_terminal_gets_help_that_fits(chute_new: Run) -> None:
    lines = chute_new.fresh("--help", env={"COLUMNS": "50"}).stdout.splitlines()
    assert max(map(len, lines)) <= 50
    assert "130 interrupted" in " ".join(" ".join(lines).split())


@pytest.fixture
def path(tmp_path: Path) -> str:
    """A PATH on which `chute-new` is this checkout."""
    program = tmp_path / "bin" / "chute-new"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m scaffold "$@"\n')
    program.chmod(0o755)
    return f"{program.parent}:{os.environ['PATH']}"


TYPED = {
    "chute-new che": {"check"},
    "chute-new up": {"update"},
    "chute-new check --form": {"--format"},
    "chute-new check --format sa": {"sarif"},
    "chute-new DEST --no-v": {"--no-verify"},  # `create` was left out
    "chute-new --answ": {"--answers"},
    "chute-new create DEST --set max_i": {"max_instances="},
    "chute-new --completion z": {"zsh"},
    "chute-new DEST --set workload=i": {"workload=image"},
    "chute-new DEST --set keep_warm=t": {"keep_warm=true"},
    "chute-new check --explain CK": {"CK101"},
}


@pytest.mark.whole
@pytest.mark.parametrize("typed", TYPED)
def test_tab_in_bash(path: str, typed: str) -> None:
    need("bash")
    words = typed.replace("=", " = " if "--set" in typed else "=").split()
    script = (
        'eval "$(chute-new --completion bash)"\n'
        f"COMP_WORDS=({' '.join(words)}); COMP_CWORD={len(words) - 1}\n"
        '_chute_new_completion chute-new; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    run = subprocess.run(
        ["bash", "--norc", "-c", script],
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    # bash completes what stands behind an equals sign, where it breaks words.
    wanted = {word.partition("=")[2] or word for word in TYPED[typed]}
    assert set(run.stdout.split()) == wanted, run.stderr


@pytest.mark.path
@pytest.mark.parametrize("typed", ["--set wor", "--set workload=im", "--set work"])
def test_no_space_follows_an_equals_sign_in_bash(path: str, typed: str, tmp_path: Path) -> None:
    need("bash")
    shell = pexpect.spawn(
        "bash",
        ["--norc", "-i"],
        env={
            **os.environ,
            "PATH": path,
            "HOME": str(tmp_path),
            "TERM": "dumb",
            "INPUTRC": "/dev/null",
        },
        encoding="utf-8",
        timeout=20,
        dimensions=(24, 200),
    )
    try:
        shell.sendline("PS1='ready> '; bind 'set enable-bracketed-paste off'; echo go-$((1 + 1))")
        shell.expect("go-2")
        shell.sendline('eval "$(chute-new --completion bash)"; echo go-$((2 + 2))')
        shell.expect("go-4")
        shell.send(f"chute-new DEST {typed}\t")
        ends = {
            "--set wor": "--set workload=",
            "--set workload=im": "--set workload=image ",
            "--set work": "--set workload=",
        }[typed]
        shell.expect_exact(ends)
        shell.send("|\n")
        shell.expect_exact("|")
        assert shell.before == ""
    finally:
        shell.close(force=True)


@pytest.mark.whole
@pytest.mark.parametrize("typed", TYPED)
def test_tab_in_fish(path: str, typed: str, tmp_path: Path) -> None:
    need("fish")
    script = f"chute-new --completion fish | source; complete -C '{typed}'"
    run = subprocess.run(
        ["fish", "--no-config", "-c", script],
        env={**os.environ, "PATH": path, "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert {line.split("\t")[0] for line in run.stdout.splitlines()} == TYPED[typed], run.stderr


@pytest.mark.whole
@pytest.mark.parametrize("typed", TYPED)
def test_tab_in_zsh(path: str, typed: str, tmp_path: Path) -> None:
    need("zsh")
    shell = pexpect.spawn(
        "zsh",
        ["-f", "-i"],
        env={**os.environ, "PATH": path, "HOME": str(tmp_path), "TERM": "dumb"},
        encoding="utf-8",
        timeout=60,
        dimensions=(24, 200),
    )
    try:
        shell.sendline("PS1='ready> '; unsetopt zle_bracketed_paste; autoload -U compinit")
        shell.sendline('compinit -u; eval "$(chute-new --completion zsh)"; print go-$((1 + 1))')
        shell.expect("go-2")
        shell.expect("ready> ")
        shell.send(f"{typed}\t")
        (completed,) = TYPED[typed]
        shell.expect_exact(completed.removeprefix(typed.split()[-1]))
    finally:
        shell.close(force=True)


@pytest.mark.whole
def test_a_press_of_tab_imports_no_more_than_the_declaration() -> None:
    asked = {"COMP_WORDS": "chute-new\ncheck\n--f", "COMP_CWORD": "2"}
    assert imported(_CHUTE_NEW_COMPLETE="complete_bash", **asked).isdisjoint(HEAVY)
    typed = {"_TYPER_COMPLETE_ARGS": "chute-new check --f"}
    assert imported(_CHUTE_NEW_COMPLETE="complete_zsh", **typed).isdisjoint(HEAVY)


def test_the_script_of_another_shell_is_refused(chute_new: Run) -> None:
    run = chute_new("--completion", "tcsh")
    assert run.returncode == 2
    for shell in SHELLS:
        assert shell in run.stderr
