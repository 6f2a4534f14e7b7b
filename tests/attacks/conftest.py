"""An attack that succeeds by waiting for ever ends its test, not the run."""

import signal
from collections.abc import Iterator
from types import FrameType

import pytest

# Far more than any of them takes; no test says how long something may take.
SECONDS = 300


@pytest.fixture(autouse=True)
def ended() -> Iterator[None]:
    """Ends a test that hangs."""

    def stop(number: int, frame: FrameType | None) -> None:
        pytest.fail("it hangs")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(SECONDS)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)
