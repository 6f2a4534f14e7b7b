"""An attack that succeeds by waiting for ever ends its test, not the run."""

import signal
from collections.abc import Iterator
from types import FrameType

import pytest

# Far more than any of them takes; no test says how long something may take.
SECONDS = 300
SECONDS_WHOLE = 1200


@pytest.fixture(autouse=True)
def ended(request: pytest.FixtureRequest) -> Iterator[None]:
    """Ends a test that hangs."""

    def stop(number: int, frame: FrameType | None) -> None:
        pytest.fail("it hangs")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(SECONDS_WHOLE if request.node.get_closest_marker("whole") else SECONDS)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)
