"""The doctor on real machines: interpreters, git, ports, and the command from end to end."""

import json
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from scaffold.answers.questions import Questionnaire, template_folder
from scaffold.doctor import asking, git, interpreter, ports
from scaffold.doctor.finding import BUILD, DEPLOY, DEV, SETUP, TARGETS, Finding
from scaffold.doctor.machine import Machine
from scaffold.generated.render import render
from support.answers import REQUIRED
from support.command import Run
from support.machine import need

pytestmark = pytest.mark.path
At = Callable[..., Machine]
One = Callable[[Iterable[Finding]], Finding]
Put = Callable[..., Path]


def says(version: str, *, complete: bool = True) -> str:
    """The script of a Python that answers so."""
    answer = ["/a/python", [int(part) for part in version.split(".")], complete]
    return f"echo '{json.dumps(answer)}'"


def test_without_make_or_python(at: At) -> None:
    found = {each.id: each for each in interpreter.findings(at())}
    assert found["make"].stops == TARGETS
    assert found["python-absent"].stops == (SETUP,)


def test_a_python_that_is_too_old_or_lacks_a_part(at: At, one: One, program: Put) -> None:
    program("make")
    program("python3", says("3.9.2"))
    assert "Python 3.9.2 is too old" in one(interpreter.findings(at())).message
    program("python3", says("3.13.5", complete=False))
    found = one(interpreter.findings(at()))
    assert found.message == "/a/python comes without venv"
    assert "apt-get install python3.13-venv" in found.remedy


def test_another_python_that_is_complete_is_taken(at: At, program: Put) -> None:
    program("make")
    program("python3", says("3.9.2"))
    program("python3.12", says("3.12.3", complete=False))
    program("python3.11", says("3.11.2"))
    assert list(interpreter.findings(at())) == []
    chosen = interpreter.chosen(at())
    assert chosen is not None
    assert chosen.version == (3, 11, 2)


def test_a_python_that_is_named_and_does_not_run(at: At, one: One, program: Put) -> None:
    program("make")
    program("python3", says("3.12.3"))
    broken = program("broken", "exit 127")
    found = one(interpreter.findings(at(PYTHON=str(broken))))
    assert found.message == f"PYTHON names {broken}, which does not run"


def test_the_name_of_the_folder(at: At, one: One, program: Put) -> None:
    program("make")
    program("python3", says("3.12.3"))
    machine = at()
    there = Machine(machine.folder / "a:b", {}, machine.environment)
    assert "because of the : in its name" in one(interpreter.findings(there)).message


def test_a_used_port(at: At, one: One) -> None:
    with socket.create_server(("", 0)) as server, socket.create_server(("", 0)) as other:
        taken, free = (str(each.getsockname()[1]) for each in (server, other))
        other.close()
        found = one(ports.findings(at(PORT=taken, LOGGING_PORT=free)))
        assert (found.id, found.stops) == ("port", (DEV,))
        assert found.message.startswith(f"PORT {taken} cannot be listened on: address already")
        assert one(ports.findings(at(PORT=free, LOGGING_PORT=taken))).remedy.startswith(
            "make dev LOGGING_PORT="
        )
    assert one(ports.findings(at(PORT="99999", LOGGING_PORT=free))).id == "port"


def test_git_without_a_name_and_without_git(
    at: At, one: One, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = at()
    assert one(git.findings(machine)).id == "git-absent"
    (tmp_path / "bin" / "git").symlink_to(str(real("git")))
    assert one(git.findings(machine)).id == "git-none"
    for role in ("AUTHOR", "COMMITTER"):
        for part in ("NAME", "EMAIL"):
            monkeypatch.delenv(f"GIT_{role}_{part}")
    (tmp_path / "gitconfig").write_text("[user]\nuseConfigOnly = true\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    nobody = Machine(machine.folder, None, machine.environment)
    found = one(git.findings(nobody))
    assert (found.id, found.stops) == ("git-identity", ())


def test_a_folder_of_somebody_elses(
    at: At, one: One, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """git's own variable for its tests makes it take every folder for somebody else's."""
    (tmp_path / "bin" / "git").symlink_to(str(real("git")))
    machine = at()
    subprocess.run(["git", "init", "--quiet"], cwd=machine.folder, check=True)
    assert list(git.findings(machine)) == []
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    monkeypatch.setattr("scaffold.git._KEPT", ("GIT_TEST_", "GIT_AUTHOR_", "GIT_COMMITTER_"))
    found = one(git.findings(machine))
    assert found.id == "git-owner"
    assert found.remedy.endswith(f"safe.directory {machine.folder}")


def real(name: str) -> Path:
    """A program of this machine, whatever the PATH of a test is."""
    return Path(shutil.which(name, path="/usr/local/bin:/usr/bin:/bin") or pytest.skip(name))


def test_a_proxy_at_which_nobody_answers(at: At, one: One) -> None:
    found = one(asking._proxies(at(https_proxy="http://127.0.0.1:9")))
    assert (found.id, found.stops) == ("proxy-down", (SETUP, BUILD, DEPLOY))


def test_an_index_that_cannot_be_reached(at: At, one: One, monkeypatch: pytest.MonkeyPatch) -> None:
    machine = at(PIP_INDEX_URL="http://127.0.0.1:9/simple")
    (machine.folder / "requirements").mkdir()
    (machine.folder / "requirements" / "dev.lock").write_text("calm==1.0\n")
    monkeypatch.setenv("PIP_INDEX_URL", machine.environment["PIP_INDEX_URL"])
    found = asking._index(machine)
    assert isinstance(found, Finding)
    assert (found.id, found.stops) == ("index", (SETUP,))
    assert "calm==1.0 cannot be looked up" in found.message
    assert "127.0.0.1:9/simple/calm" in found.message


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As it is generated, with no commit and no .venv."""
    folder = tmp_path_factory.mktemp("doctor") / "repository"
    render(template_folder(), Questionnaire().resolve(REQUIRED).answers, folder)
    return folder


def test_the_command_says_what_stops_which_target(
    chute_new: Run, repository: Path, tmp_path: Path
) -> None:
    need("make")
    with socket.create_server(("", 0)) as server:
        habits = {
            "HOME": str(tmp_path),
            "PYTHON": sys.executable,
            "PIP_TARGET": str(tmp_path / "target"),
            "PORT": str(server.getsockname()[1]),
        }
        run = chute_new("doctor", str(repository), "--json", env=habits)
        told = chute_new("doctor", str(repository), env=habits)
    assert run.returncode == told.returncode == 1, run.stderr
    document = json.loads(run.stdout)
    assert document["folder"] == str(repository)
    assert document["stopped"] == [DEV, BUILD, DEPLOY]
    assert document["unasked"] == []
    found = {each["id"]: each for each in document["findings"]}
    assert found["port"]["stops"] == [DEV]
    assert found["account"]["stops"] == [BUILD, DEPLOY]
    assert found["variable"]["neutralised"]
    assert all(each["remedy"] for each in found.values())
    assert "stops make dev: PORT" in told.stdout
    assert "neutralised by make setup: PIP_TARGET is set" in told.stdout
    assert not (repository / ".venv").exists()


def test_a_folder_that_is_no_repository(chute_new: Run, tmp_path: Path) -> None:
    """Where none is named, the machine alone is looked at."""
    (tmp_path / "empty").mkdir()
    run = chute_new("doctor", str(tmp_path / "empty"), "--json")
    assert run.returncode == json.loads(run.stdout)["error"]["code"] == 3
    alone = chute_new("doctor", "--json", cwd=tmp_path / "empty")
    assert json.loads(alone.stdout)["folder"] == str(tmp_path / "empty")


@pytest.mark.parametrize("port", [8000, 60000])
def test_the_port_of_the_log_is_the_one_of_the_makefile(repository: Path, port: int) -> None:
    need("make")
    (repository / ".venv" / "bin").mkdir(parents=True, exist_ok=True)
    (repository / ".venv" / "bin" / "python").touch()
    try:
        told = subprocess.run(
            ["make", "-n", "dev", f"PORT={port}"],
            cwd=repository,
            check=True,
            capture_output=True,
            text=True,
        ).stdout
    finally:
        shutil.rmtree(repository / ".venv")
    ports_named = re.search(r"--port (\d+) --logging-port (\d+)", told)
    assert ports_named is not None
    assert ports_named.groups() == (str(port), str(ports.logging_port(port)))
