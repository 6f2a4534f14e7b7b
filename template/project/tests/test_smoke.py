"""What `make smoke` sends gets through the platform, and is read as the platform answers."""

import json

import pytest

from ops.gateway import Answer
from ops.probe import BURST, PROBES, WRONG
from ops.trial import Probe
from tests.gateway import Gateway


@pytest.mark.parametrize("probe", [*PROBES, WRONG, BURST], ids=lambda probe: probe.name)
def test_this_chute_passes_behind_the_platform(gateway: Gateway, probe: Probe) -> None:
    reply = gateway.call(probe.method, probe.path, json.dumps(probe.body).encode())
    assert probe.fault(Answer(reply.status, reply.content, reply.media_type, 0.1)) == ""
