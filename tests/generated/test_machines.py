"""A generated repository on machines with habits: variables, proxies, used ports, moved folders."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from scaffold.answers.questions import Questionnaire, template_folder
from scaffold.doctor.kit import module
from scaffold.generated.render import render
from support.answers import REQUIRED
from support.machine import need
from support.wheels import lock, wheel

pytestmark = pytest.mark.path
HIDDEN = ("VIRTUAL_ENV", "PYTHONPATH", "CHUTES_", "MAKE", "MFLAGS", "PYTEST_", "PIP_", "UV_")


def run(folder: Path, *command: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a command in the repository, with these variables besides."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith(HIDDEN)}
    return subprocess.run(
        command,
        cwd=folder,
        env={**ours, **more},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def repository(folder: Path, **answers: object) -> Path:
    """As it is generated."""
    resolution = Questionnaire().resolve({**REQUIRED, **answers})
    render(template_folder(), resolution.answers, folder)
    return folder


@pytest.fixture
def small(tmp_path: Path) -> tuple[Path, dict[str, str]]:
    """A repository in a folder of an awkward name, whose lock has one package; where that is."""
    need("make")
    folder = repository(tmp_path / "a möve" / "here")
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    (folder / "requirements" / "dev.lock").write_text(lock(wheel(wheels, "calm", "1.0")))
    found = str(wheels)
    offline = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": found, "UV_NO_INDEX": "1"}
    return folder, {**offline, "UV_FIND_LINKS": found, "PYTHON": sys.executable}


def test_setup_installs_into_the_repository_whatever_the_machine_is_used_to(
    small: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    folder, offline = small
    namesake = tmp_path / "namesakes" / "chutekit"
    namesake.mkdir(parents=True)
    (namesake / "__init__.py").write_text("raise SystemExit('another chutekit')\n")
    habits = {
        "PYTHONPATH": str(namesake.parent),
        "PYTHONSAFEPATH": "1",
        "PIP_TARGET": str(tmp_path / "target"),
        "PIP_USER": "1",
    }
    done = run(folder, "make", "setup", **offline, **habits)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "installing 1 packages" in done.stdout
    calm = folder / ".venv" / "bin" / "calm"
    assert run(folder, str(calm)).stdout == "calm 1.0\n"
    assert not (tmp_path / "target").exists()
    again = run(folder, "make", "setup", **offline, **habits)
    assert again.stdout == ".venv is up to date\n"


NOWHERE = "http://127.0.0.1:9"
MACHINES = {
    "a locale without umlauts": {"LANG": "C", "LC_ALL": "C"},
    "a home that cannot be written to": {"HOME": "/dev/null/home", "XDG_CACHE_HOME": ""},
    "proxies to nowhere": dict.fromkeys(
        ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "https_proxy"), NOWHERE
    ),
    "another Python for pip": {"PIP_PYTHON": "/no/such/python"},
    "other ways to run Python": {
        "PYTHONINSPECT": "1",
        "PYTHONOPTIMIZE": "2",
        "PYTHONHOME": "/no/such/home",
        "PYTHONUSERBASE": "/no/such/base",
    },
    "other places for uv": {"UV_TARGET": "/dev/null/target", "UV_SYSTEM_PYTHON": "1"},
}


@pytest.mark.whole
@pytest.mark.parametrize("machine", MACHINES)
def test_setup_works_on_a_machine_with(machine: str, small: tuple[Path, dict[str, str]]) -> None:
    folder, offline = small
    done = run(folder, "make", "setup", **offline, **MACHINES[machine])
    assert done.returncode == 0, done.stdout + done.stderr
    assert run(folder, str(folder / ".venv" / "bin" / "calm")).stdout == "calm 1.0\n"
    again = run(folder, "make", "setup", **offline, **MACHINES[machine])
    assert again.stdout == ".venv is up to date\n"


@pytest.mark.whole
def test_setup_leaves_nothing_open_to_others_with_a_strict_umask(
    small: tuple[Path, dict[str, str]],
) -> None:
    folder, offline = small
    done = run(folder, "sh", "-c", "umask 077 && exec make setup", **offline)
    assert done.returncode == 0, done.stdout + done.stderr
    calm = folder / ".venv" / "bin" / "calm"
    assert run(folder, str(calm)).stdout == "calm 1.0\n"
    # An installer lets everybody run a program; nobody else gets to it.
    assert not (folder / ".venv").stat().st_mode & 0o077


@pytest.mark.whole
@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13", "3.14"])
def test_setup_works_with_every_python_there_is(
    version: str, small: tuple[Path, dict[str, str]]
) -> None:
    folder, offline = small
    python = shutil.which(f"python{version}") or ""
    complete = "import ensurepip, sys, venv; print(sys.executable)"
    asked = run(folder, python, "-c", complete) if python else None
    if asked is None or asked.returncode:
        pytest.skip(f"no Python {version}")
    done = run(folder, "make", "setup", **offline | {"PYTHON": asked.stdout.strip()})
    assert done.returncode == 0, done.stdout + done.stderr
    assert run(folder, str(folder / ".venv" / "bin" / "calm")).stdout == "calm 1.0\n"


NOBODY = 65534  # "overflowuid" of Linux


def python_of_everybody() -> str:
    """A complete Python that any user of this machine may run."""
    for path in filter(None, map(shutil.which, ("python3", "/usr/bin/python3"))):
        with contextlib.suppress(PermissionError):
            complete = "import ensurepip, venv"
            if not subprocess.run([path, "-c", complete], user=NOBODY, check=False).returncode:
                return path
    pytest.skip("no Python that another user may run")


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that other users reach, which those of pytest are not."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.mark.whole
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_setup_works_as_another_user_whose_home_is_read_only(
    small: tuple[Path, dict[str, str]], open_folder: Path
) -> None:
    python = python_of_everybody()
    folder = Path(shutil.copytree(small[0], open_folder / "here"))
    shutil.copytree(small[1]["PIP_FIND_LINKS"], open_folder / "wheels")
    for path in (folder, *folder.rglob("*")):
        os.chown(path, NOBODY, NOBODY)
    home = open_folder / "home"
    home.mkdir(mode=0o555)
    for _ in range(2):
        done = subprocess.run(
            ["make", "setup", f"PYTHON={python}"],
            cwd=folder,
            env={
                "HOME": str(home),
                "PATH": "/usr/bin:/bin",
                "PIP_NO_INDEX": "1",
                "PIP_FIND_LINKS": str(open_folder / "wheels"),
            },
            user=NOBODY,
            group=NOBODY,
            extra_groups=[],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout == ".venv is up to date\n"
    assert (folder / ".venv" / "bin" / "calm").stat().st_uid == NOBODY
    assert list(home.iterdir()) == []


def test_setup_says_so_when_the_python_lacks_what_makes_an_environment(
    small: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    """As Debian's does until its package for venv is installed."""
    folder, _ = small
    program = (
        "import runpy, sys; sys.modules['ensurepip'] = None; sys.path.insert(0, ''); "
        "runpy.run_module('chutekit.ops.setup', run_name='__main__')"
    )
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} -c "{program}"\n')
    python.chmod(0o755)
    done = run(folder, "make", "setup", PYTHON=str(python))
    assert done.returncode != 0
    assert "comes without venv" in done.stderr
    assert f"apt-get install python3.{sys.version_info[1]}-venv" in done.stderr
    assert not (folder / ".venv").exists()


def test_setup_says_so_when_a_path_cannot_hold_the_folder(
    small: tuple[Path, dict[str, str]],
) -> None:
    folder, offline = small
    there = folder.rename(folder.with_name("on: there"))
    done = run(there, "make", "setup", **offline)
    assert done.returncode != 0
    assert "because of the : in its name" in done.stderr
    assert "Traceback" not in done.stderr


def test_setup_makes_the_environment_of_a_moved_repository_anew(
    small: tuple[Path, dict[str, str]],
) -> None:
    folder, offline = small
    assert run(folder, "make", "setup", **offline).returncode == 0
    there = folder.rename(folder.with_name("there"))
    done = run(there, "make", "setup", **offline)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "making .venv" in done.stdout
    assert run(there, str(there / ".venv" / "bin" / "calm")).stdout == "calm 1.0\n"


def test_setup_sees_that_a_package_is_gone(small: tuple[Path, dict[str, str]]) -> None:
    folder, offline = small
    assert run(folder, "make", "setup", **offline).returncode == 0
    for path in (folder / ".venv").rglob("calm*"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert ".venv is ready" in run(folder, "make", "setup", **offline).stdout
    assert run(folder, str(folder / ".venv" / "bin" / "calm")).stdout == "calm 1.0\n"


def test_setup_says_so_when_packages_go_elsewhere(
    small: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    """By a file of settings, which no variable takes back."""
    folder, offline = small
    settings = tmp_path / "pip.conf"
    settings.write_text(f"[install]\ntarget = {tmp_path / 'target'}\n")
    nothing = tmp_path / "uv"
    nothing.write_text("#!/bin/sh\nexit 1\n")
    nothing.chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    done = run(folder, "make", "setup", **offline, PIP_CONFIG_FILE=str(settings), PATH=path)
    assert done.returncode != 0
    assert "not into .venv: calm==1.0 is not there" in done.stderr
    assert "-m pip config list" in done.stderr


@pytest.mark.parametrize("taken", ["PORT", "LOGGING_PORT"])
def test_dev_says_at_once_that_a_port_is_in_use(tmp_path: Path, taken: str) -> None:
    need("make")
    folder = repository(tmp_path / "repository")
    python = folder / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    with socket.create_server(("", 0)) as server, socket.create_server(("", 0)) as free:
        ports = {"PORT": free.getsockname()[1], "LOGGING_PORT": free.getsockname()[1]}
        free.close()
        ports[taken] = server.getsockname()[1]
        done = run(folder, "make", "dev", *(f"{name}={port}" for name, port in ports.items()))
    assert done.returncode != 0
    assert f"error: {taken} {ports[taken]} cannot be listened on: address already" in done.stderr
    assert f"hint: make dev {taken}=" in done.stderr


def test_dev_serves_the_stub_unless_the_model_itself_is_asked_for(tmp_path: Path) -> None:
    need("make")
    folder = repository(tmp_path / "repository", workload="custom")
    (folder / ".venv" / "bin").mkdir(parents=True)
    (folder / ".venv" / "bin" / "python").touch()
    assert "CHUTE_BACKEND=stub " in run(folder, "make", "-n", "dev", BACKEND="another").stdout
    assert "CHUTE_BACKEND= " in run(folder, "make", "-n", "dev", "BACKEND=model").stdout
    assert "make dev BACKEND=model" in (folder / "README.md").read_text()


def test_proxies_and_the_context_of_miners_do_not_reach_its_tests(tmp_path: Path) -> None:
    folder = repository(tmp_path / "repository", workload="llm")
    nowhere = "http://127.0.0.1:9"
    done = run(
        folder,
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "tests",
        HTTP_PROXY=nowhere,
        http_proxy=nowhere,
        HTTPS_PROXY=nowhere,
        ALL_PROXY=nowhere,
        NO_PROXY="",
        CHUTES_EXECUTION_CONTEXT="REMOTE",
    )
    assert done.returncode == 0, done.stdout[-6000:]


def test_pip_is_watched_on_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """It is silent itself, for the better part of a minute."""
    setup = module("setup")
    script = "import time; print('Collecting a\\nCollecting b', flush=True); time.sleep(1.5)"
    assert setup.counted([sys.executable, "-c", script], 3)
    assert "\r  fetched 2 of 3 (1 s)" in capsys.readouterr().out
    assert not setup.counted([sys.executable, "-c", "print('ERROR: no match'); exit(1)"], 3)
    assert "ERROR: no match" in capsys.readouterr().out
