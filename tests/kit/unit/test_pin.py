"""`make pin` where chute-new is not installed: it does what it can, and fails of the rest."""

import subprocess
import sys
from pathlib import Path

import pytest
from chutekit.ops import pin

LOCK = "calm==1.0 \\\n    --hash=sha256:00\ntyping-extensions==4.0\nhttpx==0.28.1\n"


class Calls:
    """What pin would run, and with which status that ends."""

    def __init__(self) -> None:
        self.commands: list[list[str]] = []
        self.status = 0

    def run(self, command: list[str], check: bool) -> "subprocess.CompletedProcess[bytes]":
        self.commands.append(command)
        return subprocess.CompletedProcess(command, self.status)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Calls:
    """In a repository whose locks follow from their sources, without chute-new."""
    (tmp_path / "requirements").mkdir()
    for name in ("dev", "image"):
        (tmp_path / "requirements" / f"{name}.lock").write_text(LOCK)
        (tmp_path / "requirements" / f"{name}.in").write_text(
            "calm==1.0  # the newest\nTyping_Extensions>=4\nhttpx[x]; python_version > '3'\n"
        )
    calls = Calls()
    monkeypatch.setattr(subprocess, "run", calls.run)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CHUTE_NEW", raising=False)
    return calls


def ended(monkeypatch: pytest.MonkeyPatch, *options: str) -> int:
    """The exit status of make pin with these options."""
    monkeypatch.setattr(sys, "argv", ["pin", *options])
    return pin.main()


def test_all_pins_are_more_than_it_can_look_up(
    calls: Calls, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ended(monkeypatch) == pin.OUTSIDE
    told = capsys.readouterr().err
    assert "error: packages, base image and model were not looked up" in told
    assert "make pin CHUTE_NEW=/path/to/chute-new" in told
    assert calls.commands[0][-1] == "--write"


@pytest.mark.parametrize("options", [("--only", "tag"), ("--only=tag",)])
def test_the_image_tag_alone_is_not(
    calls: Calls, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]
) -> None:
    assert ended(monkeypatch, *options) == 0
    calls.status = 1
    assert ended(monkeypatch, *options, "--check") == 1
    assert [command[-1] for command in calls.commands] == ["--write", "--check"]


@pytest.mark.parametrize("options", [(), ("--only", "tag"), ("--check",)])
def test_a_package_that_no_lock_has_is_told(
    calls: Calls,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    options: tuple[str, ...],
) -> None:
    source = Path("requirements/image.in")
    source.write_text(source.read_text().replace("1.0", "2.0") + "added\n")
    assert ended(monkeypatch, *options) != 0
    told = capsys.readouterr().err
    assert "error: image.lock lacks added, which image.in asks for." in told
    assert "error: image.lock has calm 1.0, not 2.0." in told


def test_what_is_wrong_decides_a_check(calls: Calls, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ended(monkeypatch, "--check") == pin.OUTSIDE
    calls.status = 1
    assert ended(monkeypatch, "--check") == 1


def test_the_program_that_is_named_is_run(
    calls: Calls, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = tmp_path / "elsewhere" / "chute-new"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("CHUTE_NEW", str(program))
    calls.status = 7
    assert ended(monkeypatch, "--keep") == 7
    assert calls.commands == [[str(program), "pin", ".", "--keep"]]


def test_a_program_that_is_none_is_told(
    calls: Calls, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CHUTE_NEW", "/no/such/program")
    assert ended(monkeypatch) == pin.OUTSIDE
    assert "CHUTE_NEW names /no/such/program, which is no program here" in capsys.readouterr().err
    assert calls.commands == []
