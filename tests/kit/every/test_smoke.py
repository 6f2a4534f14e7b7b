"""What `make smoke` sends gets through the platform, and is read as the platform answers."""

import importlib
import json

import pytest
from chutekit.ops.declared import settings
from chutekit.ops.gateway import Answer
from chutekit.ops.probes import Probe
from chutekit.testing.gateway import Gateway

probes = importlib.import_module(settings().probes)


@pytest.mark.parametrize(
    "probe", [*probes.PROBES, probes.WRONG, probes.BURST], ids=lambda probe: probe.name
)
def test_this_chute_passes_behind_the_platform(gateway: Gateway, probe: Probe) -> None:
    reply = gateway.call(probe.method, probe.path, json.dumps(probe.payload()).encode())
    assert probe.fault(Answer(reply.status, reply.content, reply.media_type, 0.1)) == ""
