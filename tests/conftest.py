"""Shared by all tests: a clean environment, the questionnaire, and rendered repositories."""

import gc
import importlib
import os
import platform
import re
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

from scaffold.answers.compiled import compiled_once
from scaffold.answers.habits import ENVIRONMENT, OWN
from scaffold.answers.questions import Questionnaire
from support import within
from support.command import Run
from support.forks import Forks
from support.loading import Loader
from support.parsing import parsed_once
from support.places import TESTS
from support.rings import Guard, is_unit
from support.shared import shared_folder

# What a module shares between tests is made anew for each of its parts, which run side by side.
PARTS = {
    "generated/test_pipeline_faults.py": re.compile(
        r"\[(?:(?P<staging>build|deploy|smoke)|(?P<production>promote|rollback))-"
    ),
    "generated/test_generated.py": re.compile(r"\[(?:(?P<image>image)|(?P<llm>llm))\b"),
}
# The longest parts first: nobody waits for one that was begun last.
LONGEST = (
    "kit/test_together.py",
    "generated/test_pipeline_faults.py",
    "generated/test_generated.py",
    "generated/test_release_workflow.py",
    "generated/test_pipeline.py",
    "creation/test_recovery.py",
    "wizard/test_terminal.py",
    "update/test_releases.py",
)
# Tests that share nothing may run anywhere; the short ones fill what is left at the end.
FILLING = ("check/test_generated.py", "creation/test_random_answers.py")
SHARING_NOTHING = (*FILLING, "kit/test_together.py")
# Hundreds of short processes are started here, of which each would compile what it imports.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
# Nothing listens there: repositories made by tests are the same wherever they run.
os.environ["CHUTE_NEW_REGISTRY"] = "http://127.0.0.1:9"
os.environ["HF_ENDPOINT"] = "http://127.0.0.1:9"
# What nohup ignores, or a shell for a job in the background, and the programs started here would
# too, is a signal like others again.
if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_configure(config: pytest.Config) -> None:
    """Unit tests stay in their process.

    Beforehand copier asks once what kind of processor there is, and urllib3 whether there is IPv6.
    """
    platform.processor()
    importlib.import_module("urllib3")
    config.pluginmanager.register(Guard(), "unit tests stay in their process")


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Two for each processor: much of the time is waiting, for timeouts, terminals and servers."""
    return 2 * len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 4


class Scheduler(LoadScopeScheduling):
    """Tests of a module, or of a part of one, stay together for what they share.

    So no processor is left without work while another has a long module still to do.
    """

    def _split_scope(self, nodeid: str) -> str:
        scope: str = super()._split_scope(nodeid)
        name = scope.removeprefix("tests/")
        if name in SHARING_NOTHING:
            return nodeid
        if name in PARTS and (part := PARTS[name].search(nodeid)):
            return f"{scope} {part.lastgroup}"
        return scope


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Among workers, the longest first; those that share nothing come last."""
    if hasattr(config, "workerinput"):
        order = {name: place for place, name in enumerate(LONGEST)}
        order |= dict.fromkeys(FILLING, len(items))
        items.sort(key=lambda item: order.get(item.path.relative_to(TESTS).as_posix(), len(order)))


def pytest_collection_finish(session: pytest.Session) -> None:
    """What thousands of tests are made of stays; looking for garbage in it is slow."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Scheduler:
    """The order in which workers get tests."""
    return Scheduler(config, log)


@pytest.fixture(scope="session", autouse=True)
def no_habits(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No answer of whoever runs the tests is a default in them, nor in fixtures they share."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith(ENVIRONMENT) and name.removeprefix(ENVIRONMENT) not in OWN:
                patch.delenv(name)
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.getbasetemp() / "no-config"))
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.getbasetemp() / "state"))
        yield


@pytest.fixture(scope="session", autouse=True)
def templates_compiled_once() -> Iterator[None]:
    """Every questionnaire of a process has the same templates, and most tests make one."""
    with compiled_once(), parsed_once():
        yield


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of the machine reaches a test, and git has an identity."""
    for name in list(os.environ):
        if name.startswith(("CHUTES_", "CHUTE_BACKEND", "GIT_", "COPIER_")):
            monkeypatch.delenv(name)
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "Test")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "test@localhost")


@pytest.fixture(scope="session")
def questionnaire() -> Questionnaire:
    """The questions of the template in this checkout."""
    return Questionnaire()


@pytest.fixture(scope="session")
def forks() -> Iterator[Forks]:
    """The process that runs the command for the tests of this worker."""
    made = Forks()
    yield made
    made.end()


@pytest.fixture
def chute_new(tmp_path: Path, request: pytest.FixtureRequest) -> Run:
    """The command: in this process for unit tests, in one of its own for others."""
    if is_unit(request.node):
        return Run(tmp_path, within.run)
    return Run(tmp_path, request.getfixturevalue("forks").run)


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder for what is made once for all workers."""
    return shared_folder(tmp_path_factory)


@pytest.fixture(scope="session")
def load() -> Iterator[Loader]:
    """What loads chutes for the tests of this worker."""
    loader = Loader()
    yield loader
    loader.end()
