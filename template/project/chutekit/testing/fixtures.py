"""Fixtures for the tests of a chute: it runs as on a laptop and as on the platform, once.

A plugin: `pytest_plugins = ["chutekit.testing.fixtures"]` in tests/conftest.py.
"""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from chutes.chute import Chute
from chutes.entrypoint._shared import load_chute

from chutekit.testing.gateway import Gateway
from chutekit.testing.running import DEVELOPMENT, PRODUCTION, ROOT, RunningChute

# In every prompt the tests send; it must never reach a log.
MARKER = "xyzzy-private-prompt"

os.environ["CHUTES_ALLOW_MISSING"] = "true"
# What a machine has for other purposes: proxies, which clients would use for this machine's own
# addresses, and the context of miners, in which chute.py describes itself as running.
for name in list(os.environ):
    if name.lower().endswith("_proxy") or name == "CHUTES_EXECUTION_CONTEXT":
        del os.environ[name]


@pytest.fixture(scope="session")
def declared() -> Chute:
    """The production chute as `chutes deploy` sees it on a laptop."""
    _, chute = load_chute("chute:prod", None, True)
    return chute


class Started:
    """The chute as a laptop and as the platform serves it, starting at the same time."""

    def __init__(self) -> None:
        self._logs = tempfile.TemporaryDirectory(prefix="chute-logs-")
        logs = Path(self._logs.name)
        self.development = RunningChute(DEVELOPMENT, logs / "development")
        self.production = RunningChute(PRODUCTION, logs / "production", SIMULATE_STUB_ALLOWED="1")
        for chute in (self.development, self.production):
            chute.start()

    def end(self) -> None:
        """End what still runs."""
        for chute in (self.development, self.production):
            chute.kill()
        self._logs.cleanup()


STARTED = pytest.StashKey[Started]()


def pytest_collection(session: pytest.Session) -> None:
    """Start before the tests are imported: either takes seconds, most of them for the SDK."""
    if (ROOT / "chute.py").is_file() and not session.config.option.collectonly:
        session.config.stash[STARTED] = Started()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave nothing behind, whatever became of the tests."""
    if STARTED in config.stash:
        config.stash[STARTED].end()


@pytest.fixture(scope="session")
def started(pytestconfig: pytest.Config) -> Started:
    """Both, which may still be starting."""
    if STARTED not in pytestconfig.stash:
        pytestconfig.stash[STARTED] = Started()
    return pytestconfig.stash[STARTED]


@pytest.fixture(scope="session")
def development(started: Started) -> Iterator[RunningChute]:
    """The chute as a laptop serves it."""
    with started.development as chute:
        yield chute
    assert_discreet(chute)


@pytest.fixture(scope="session")
def production(started: Started) -> Iterator[RunningChute]:
    """The chute as the platform serves it."""
    with started.production as chute:
        yield chute
    assert_discreet(chute)


@pytest.fixture
def client(development: RunningChute) -> Iterator[httpx.Client]:
    """An HTTP client of the development chute."""
    with development.client() as client:
        yield client


@pytest.fixture
def gateway(declared: Chute, production: RunningChute) -> Iterator[Gateway]:
    """The platform in front of the production chute; no test may leave a failure behind."""
    gateway = Gateway(declared, production.url)
    yield gateway
    assert gateway.failures == [], "the platform would count these answers against the instance"


def assert_discreet(chute: RunningChute) -> None:
    """Fail when the log of a chute shows a prompt, a trace, or lines that are not JSON."""
    log = chute.log.read_text()
    assert MARKER not in log
    assert "Traceback" not in log
    lines = log.splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith("{"))
    strays = [line for line in lines[first:] if not line.startswith("{")]
    assert strays == [], "every line after the SDK's own first ones is JSON"
