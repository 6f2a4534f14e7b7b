"""Instances come, go, come again and are billed as the platform's autoscaler has it."""

import math

import numpy as np
import pytest

from scaffold.plan.autoscaler import Autoscaler
from scaffold.plan.settings import Callers, Hardware, Settings
from scaffold.plan.simulation import Result, Simulation
from scaffold.plan.traffic import Duration, Traffic, constant, spike
from support.simulating import FOREVER, RULES, simulate


def test_lost_instances_are_replaced_and_their_requests_asked_again() -> None:
    rules = RULES.changed(losses_per_instance_day=48)
    result = simulate(
        Settings(4, max_instances=1), constant(0.2, 24), Duration(10.0), rules=rules, warm=1
    )
    assert result.instances_lost == pytest.approx(48, rel=0.5)
    assert result.completed > 0.99 * result.requests
    assert result.p99_s > 60


def test_an_idle_chute_is_billed_until_its_tail_ends() -> None:
    one_call = constant(1e-9, 2)
    result = simulate(Settings(1, shutdown_after_seconds=600), one_call, Duration(1.0), warm=1)
    assert result.requests == 0
    assert result.billed_seconds == 600
    assert math.isnan(result.p50_s)


def test_keep_warm_bills_round_the_clock() -> None:
    chosen = Settings(1, max_instances=2, shutdown_after_seconds=1800, keep_warm=True)
    hardware = Hardware(1.0, Duration(60, "constant", 0.0))
    result = Simulation(
        chosen, constant(1e-9, 24), Duration(1.0), rules=RULES, hardware=hardware
    ).run()
    assert result.usd == pytest.approx(24, rel=0.01)
    assert result.instances_max == 1


def test_a_serial_chute_gets_its_second_instance_once_the_threshold_share_is_turned_away() -> None:
    """What the autoscaler sees of one instance is B(1, a) = a / (1 + a), the share turned away."""
    chosen = Settings(1, max_instances=2, scaling_threshold=0.75, shutdown_after_seconds=FOREVER)

    def instances(offered: float) -> int:
        traffic, callers = constant(offered / 2, 12), Callers("give-up")
        return simulate(chosen, traffic, Duration(2.0), callers, warm=1).instances_max

    assert instances(0.4) == 1  # 29 % turned away, and nobody comes to help
    assert instances(4.5) == 2  # 82 %


def sticky(seconds: float, cadence: float = 60) -> Result:
    """Half an hour of many requests, then three hours of one every minute or two."""
    return simulate(
        Settings(1, max_instances=3, scaling_threshold=0.5, shutdown_after_seconds=60),
        spike(0.01, 3.5, 60, 0, 30),
        Duration(5.0),
        cold=Duration(60, "constant", 0.0),
        rules=RULES.changed(sticky_seconds=seconds, autoscaler_seconds=cadence),
        warm=1,
    )


def test_an_instance_that_idled_out_is_started_and_billed_again_while_its_target_is_held() -> None:
    held, let_go = sticky(2700), sticky(0)
    assert let_go.instances_started_again == 0
    assert let_go.usd_started_again == 0
    assert held.instances_started_again > 5
    assert 0 < held.usd_started_again < held.usd
    assert held.usd > let_go.usd
    assert held.requests == let_go.requests


def test_a_target_stands_until_the_autoscaler_runs_again() -> None:
    """Without a sticky peak too: nobody has written another since."""
    assert sticky(0, cadence=1800).instances_started_again > 0


def test_a_target_is_held_as_long_as_it_is_above_the_instances() -> None:
    """Targets that are held count as peaks themselves, so the end comes late."""
    auto = Autoscaler(Settings(1, max_instances=9, scaling_threshold=0.5), RULES)
    assert auto.run(0, 1, 0.9, bounty=False) == (2, 2)
    assert auto.run(60, 2, 0.1, bounty=False) == (1, 2)
    assert auto.run(2700, 1, 0.1, bounty=False) == (1, 2)
    assert auto.run(5400, 1, 0.1, bounty=False) == (1, 2)
    assert auto.run(8101, 1, 0.1, bounty=False) == (1, 1)
    assert auto.run(8200, 0, 0.1, bounty=False) == (0, 0)


def test_a_held_target_is_five_above_the_active_instances_at_most() -> None:
    auto = Autoscaler(Settings(1, max_instances=9, scaling_threshold=0.5), RULES)
    assert auto.run(0, 8, 0.9, bounty=False) == (9, 9)
    assert auto.run(60, 2, 0.1, bounty=False) == (1, 7)
    assert auto.run(120, 0, 0.1, bounty=False) == (0, 0)
    assert auto.run(180, 0, 0.1, bounty=True) == (1, 5)


def test_a_chute_is_not_woken_before_the_cooldown_ends() -> None:
    """It counts from when the instance became active, at 120 s here."""
    arrivals = Traffic(
        1.0, lambda t: np.full_like(t, 4 / 3600), 4 / 3600, "four", np.array([0.0, 121, 300, 301])
    )
    patient = Callers("queue", patience=3000)
    result = simulate(
        Settings(1, max_instances=1, shutdown_after_seconds=60),
        arrivals,
        Duration(1.0, "constant"),
        patient,
        cold=Duration(120, "constant", 0.0),
    )
    assert result.cold_starts == 2
    # The first waits 120 s for the start; the last two until 720 s, and for another start.
    waited = 120 + 0 + (720 + 120 - 300) + (720 + 121 - 301)
    assert result.mean_wait_s * 4 == pytest.approx(waited, abs=1)
