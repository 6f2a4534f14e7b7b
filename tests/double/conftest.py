"""A platform with a chute that is called."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.gateway_calls import llm_cords, reply
from support.platform_double import Double
from support.platform_double.entities import Deployed
from support.platform_double.identity import Identity
from support.platform_owner import CODE, Instances, Owner, add_instance, built_image

pytestmark = pytest.mark.whole


@pytest.fixture
def double(tmp_path: Path) -> Iterator[Double]:
    """A platform whose time stands still and whose API is one process."""
    with Double(Identity.new("alice"), tmp_path / "testing") as double:
        double.world.clock.stop()
        double.world.api_processes = 1
        built_image(double)
        yield double


@pytest.fixture
def owner(double: Double) -> Owner:
    """Whose platform it is."""
    return Owner(double, double.identity)


@pytest.fixture
def instances(double: Double) -> Iterator[Instances]:
    """What the instances say: success, unless a test has another opinion."""
    instances = Instances()
    instances.say[CODE.strip()] = lambda method, path, body: reply({"ok": True})
    double.processes = instances  # type: ignore[assignment]
    yield from instances.serve()


@pytest.fixture
def chute(double: Double, owner: Owner, instances: Instances) -> Deployed:
    """A chute of no template with one instance."""
    chute = owner.deployed()
    add_instance(double, chute)
    return chute


@pytest.fixture
def llm(double: Double, owner: Owner, instances: Instances) -> Deployed:
    """A chute with the template of LLMs, streamed and not, and one instance."""
    chute = owner.deployed(
        name="chat", standard_template="vllm", revision="a" * 40, cords=llm_cords()
    )
    add_instance(double, chute)
    return chute
