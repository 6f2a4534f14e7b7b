"""A plan that several tests read."""

import pytest

from scaffold.plan.planner import Planner
from scaffold.plan.planning import Plan, make
from scaffold.plan.request import Request
from support.planning import context


@pytest.fixture(scope="module")
def plan() -> Plan:
    """A plan for an image chute whose users come and go."""
    request = Request(rps=0.3, hours=2, pattern="daily", target_p95=15.0)
    return make(Planner(context(), request))
