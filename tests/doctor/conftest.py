"""A machine with no habits, and a repository on it that was never set up."""

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from scaffold.doctor.finding import Finding
from scaffold.doctor.machine import Machine

At = Callable[..., Machine]


@pytest.fixture
def at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> At:
    """The machine with these variables; on its PATH is what a test puts into `bin`."""
    home, programs, folder = (tmp_path / name for name in ("home", "bin", "repository"))
    for each in (home, programs, folder):
        each.mkdir()
    monkeypatch.setenv("PATH", str(programs))

    def machine(**variables: str) -> Machine:
        return Machine(
            folder, {"username": "alice"}, {"HOME": str(home), "PATH": str(programs), **variables}
        )

    return machine


@pytest.fixture
def program(tmp_path: Path, at: At) -> Callable[[str, str], Path]:
    """Puts a program on the PATH, by the text of its shell script."""

    def put(name: str, script: str = "exit 0") -> Path:
        path = tmp_path / "bin" / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return path

    return put


@pytest.fixture
def one() -> Callable[[Iterable[Finding]], Finding]:
    """The one finding there is."""

    def only(findings: Iterable[Finding]) -> Finding:
        (found,) = findings
        assert found.remedy
        return found

    return only
