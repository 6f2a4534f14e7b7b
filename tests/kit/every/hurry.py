"""The platform before a chute that has one second for a request."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chutekit.testing.fixtures import assert_discreet
from chutekit.testing.gateway import Gateway
from chutekit.testing.running import PRODUCTION, RunningChute
from chutes.chute import Chute


@contextmanager
def before_a_hurried(declared: Chute, folder: Path, **environment: str) -> Iterator[Gateway]:
    """No answer may count against the instance, and its log may show no prompt."""
    with RunningChute(
        PRODUCTION,
        folder / "log",
        SIMULATE_STUB_ALLOWED="1",
        SIMULATE_REQUEST_SECONDS="1",
        **environment,
    ) as chute:
        gateway = Gateway(declared, chute.url)
        yield gateway
        assert gateway.failures == []
    assert_discreet(chute)
