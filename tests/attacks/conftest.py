"""What attacks share: an end for those that succeed by waiting for ever, and one engine for all."""

import signal
from collections.abc import Iterator
from types import FrameType

import pytest

from support.serving import Served, serving

# Far more than any of them takes; no test says how long something may take.
SECONDS = 300
SECONDS_WHOLE = 1200


@pytest.fixture(autouse=True)
def ended(request: pytest.FixtureRequest) -> Iterator[None]:
    """Ends a test that hangs; not those with an engine, which takes minutes to start."""
    if request.node.get_closest_marker("heavy"):
        yield
        return

    def stop(number: int, frame: FrameType | None) -> None:
        pytest.fail("it hangs")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(SECONDS_WHOLE if request.node.get_closest_marker("whole") else SECONDS)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Real vLLM behind a chute; it must stand all of them anyway."""
    with serving("vllm", tmp_path_factory.mktemp("vllm")) as served:
        yield served
