"""One simulation of the platform, without losses unless a test asks for them."""

from typing import Any

from scaffold.plan.rules import rule_book
from scaffold.plan.settings import Callers, Hardware, Settings
from scaffold.plan.simulation import Result, Simulation
from scaffold.plan.traffic import Duration, Traffic

RULES = rule_book().rules.changed(losses_per_instance_day=0)
FOREVER = 604_800


def drawn(traffic: Traffic, work: Duration, seed: int) -> list[tuple[float, float]]:
    """When each request comes and the work it brings, as a simulation with this seed has them."""
    return [
        pair
        for times, each in traffic.slices(work, seed)
        for pair in zip(times.tolist(), each.tolist(), strict=True)
    ]


def simulate(
    chosen: Settings,
    traffic: Traffic,
    duration: Duration,
    callers: Callers | None = None,
    cold: Duration | None = None,
    **more: Any,
) -> Result:
    """One simulation at one dollar an hour, with a cold start of two minutes."""
    options = {"rules": RULES, "seed": 1, **more}
    hardware = Hardware(1.0, cold or Duration(120, "constant"))
    return Simulation(
        chosen, traffic, duration, hardware=hardware, callers=callers, **options
    ).run()
