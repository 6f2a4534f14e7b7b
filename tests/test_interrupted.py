"""A promotion that ends at any moment, and what the next command makes of it.

The signal goes to the command alone: killed, it leaves the SDK's process behind, and what that
has sent is worked on by the platform after both are gone.
"""

from __future__ import annotations

import random
import signal
import subprocess
import time
from collections.abc import Iterator

import pytest
from pipeline import (
    PATIENT,
    Begin,
    Bench,
    Moment,
    done,
    generate,
    git,
    go_back,
    platform_for,
    walk,
)
from platform_double.world import World

pytestmark = pytest.mark.slow

SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGKILL]
#: Seconds the platform works on a deployment that it has received.
SLOW = [0.0, 0.6]
FEW, MANY = 8, 50
TRIALS = [pytest.param(seed, marks=() if seed < FEW else pytest.mark.heavy) for seed in range(MANY)]
PATIENT = {**PATIENT, "OPS_FLIGHT_SECONDS": "3"}


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """A repository for pictures."""
    with platform_for(generate(tmp_path_factory.mktemp("pipeline") / "image")) as bench:
        yield bench


@pytest.fixture(scope="module")
def moments(bench: Bench) -> dict[str, Moment]:
    """Two versions that were in production, and a third on its way."""
    bench.double.world.daily_limit = 1000
    return walk(bench)


@pytest.fixture
def begin(bench: Bench, moments: dict[str, Moment]) -> Iterator[Begin]:
    """Goes back to where a step begins."""
    yield lambda step: go_back(bench, moments[step])
    bench.double.faults.clear()


@pytest.fixture(scope="module")
def lasts(bench: Bench, moments: dict[str, Moment]) -> float:
    """How many seconds a promotion takes here and now."""
    go_back(bench, moments["promote"])
    started = time.monotonic()
    done(bench.run("promote", **PATIENT))
    return time.monotonic() - started


def interrupt(bench: Bench, step: str, after: float, sign: signal.Signals) -> None:
    """Begin a step and end its command after so many seconds."""
    process = subprocess.Popen(
        [".venv/bin/python", "-m", f"chutekit.ops.{step}"],
        cwd=bench.folder,
        env={**bench.environment, **PATIENT},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    time.sleep(after)
    process.send_signal(sign)
    process.wait(timeout=60)


def in_production(world: World) -> str:
    """The module that production has, once nothing can arrive any more."""
    time.sleep(max(SLOW) + 0.2)
    chute = world.chute("my-chute")
    assert chute
    return str(chute.posted["code"])


@pytest.mark.parametrize("seed", TRIALS)
def test_after_an_interrupted_promotion_the_next_command_gets_what_it_is_asked_for(
    bench: Bench, begin: Begin, lasts: float, seed: int
) -> None:
    chance = random.Random(seed)
    sign, step = SIGNALS[seed % 3], ("promote", "rollback")[seed // 3 % 2]
    world = begin("promote")
    world.deploy_seconds = SLOW[seed % 2]
    first, second = (git(bench.folder, "show", f"HEAD{at}:chute.py") for at in ("~1", ""))

    interrupt(bench, "promote", chance.uniform(0.0, lasts), sign)
    run = bench.run(step, **PATIENT)

    told = f"{sign!r} {run.stdout}{run.stderr}"
    if run.returncode == 3:  # nothing was ever sent, and nothing served before this version
        assert step == "rollback", told
        assert "No earlier version" in run.stderr
    else:
        assert run.returncode == 0, told
    assert in_production(world) == (second if step == "promote" else first), told


@pytest.mark.parametrize("sign", SIGNALS, ids=lambda sign: sign.name)
def test_an_interrupted_rollback_is_finished_by_the_next(
    bench: Bench, begin: Begin, lasts: float, sign: signal.Signals
) -> None:
    world = begin("rollback")
    world.deploy_seconds = max(SLOW)
    interrupt(bench, "rollback", 0.8 * lasts, sign)
    done(bench.run("rollback", **PATIENT))
    assert in_production(world) == git(bench.folder, "show", "HEAD~1:chute.py")


def test_what_arrives_late_is_not_the_last_word(bench: Bench, begin: Begin, lasts: float) -> None:
    world = begin("promote")
    world.deploy_seconds = 2.5
    sent = ("POST", "/chutes/", "cli")
    process = subprocess.Popen(
        [".venv/bin/python", "-m", "chutekit.ops.promote"],
        cwd=bench.folder,
        env={**bench.environment, **PATIENT},
        stdin=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    while bench.double.asked[-1] != sent:
        time.sleep(0.02)
        assert process.poll() is None
    process.terminate()
    process.wait(timeout=60)
    world.deploy_seconds = 0.0
    run = done(bench.run("rollback", **{**PATIENT, "OPS_FLIGHT_SECONDS": "8"}))
    assert "may still arrive" in run.stderr
    assert in_production(world) == git(bench.folder, "show", "HEAD~1:chute.py")
