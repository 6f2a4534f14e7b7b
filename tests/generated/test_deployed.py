"""What is deployed is known whatever the platform's caches say, and after any interruption.

Signals go to the command alone: killed, it leaves the SDK's process behind, and what that has sent
is worked on by the platform after both are gone.
"""

from __future__ import annotations

import json
import random
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.pipeline import (
    PATIENT,
    Begin,
    Bench,
    Moment,
    generate,
    git,
    go_back,
    platform_for,
    walk,
)
from support.platform_double.entities import version_of
from support.platform_double.world import World

pytestmark = pytest.mark.whole

SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGKILL]
#: Seconds the platform works on a deployment that it has received.
SLOW = [0.0, 0.6]
FEW, MANY = 6, 24
TRIALS = [pytest.param(seed, marks=() if seed < FEW else pytest.mark.heavy) for seed in range(MANY)]
PATIENT = {**PATIENT, "OPS_FLIGHT_SECONDS": "3"}


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory, shared: Path) -> Iterator[Bench]:
    """A repository for pictures."""
    with platform_for(generate(tmp_path_factory.mktemp("pipeline") / "image", shared)) as bench:
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
    bench.do("promote", **PATIENT)
    return time.monotonic() - started


def started(bench: Bench, step: str) -> subprocess.Popen[bytes]:
    """A step's command, on its way."""
    return subprocess.Popen(
        [".venv/bin/python", "-m", f"chutekit.ops.{step}"],
        cwd=bench.folder,
        env={**bench.environment, **PATIENT},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def end(process: subprocess.Popen[bytes], sign: signal.Signals) -> None:
    """End a command, and it alone."""
    process.send_signal(sign)
    process.wait(timeout=60)


def interrupt(bench: Bench, step: str, after: float, sign: signal.Signals) -> None:
    """Begin a step and end its command after so many seconds."""
    process = started(bench, step)
    time.sleep(after)
    end(process, sign)


def interrupt_once_sent(bench: Bench, step: str, sign: signal.Signals) -> None:
    """Begin a step and end its command when the platform has got its deployment."""
    process = started(bench, step)
    while bench.double.asked[-1] != ("POST", "/chutes/", "cli"):
        time.sleep(0.02)
        assert process.poll() is None
    end(process, sign)


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
    bench.do("rollback", **PATIENT)
    assert in_production(world) == git(bench.folder, "show", "HEAD~1:chute.py")


def test_what_arrives_late_is_not_the_last_word(bench: Bench, begin: Begin) -> None:
    world = begin("promote")
    world.deploy_seconds = 2.5
    interrupt_once_sent(bench, "promote", signal.SIGTERM)
    world.deploy_seconds = 0.0
    run = bench.do("rollback", **{**PATIENT, "OPS_FLIGHT_SECONDS": "8"})
    assert "may still arrive" in run.stderr
    assert in_production(world) == git(bench.folder, "show", "HEAD~1:chute.py")


def test_a_first_deployment_shows_at_once_although_its_absence_is_remembered(
    bench: Bench, begin: Begin
) -> None:
    world = begin("deploy")
    staging = world.chute("my-chute-staging")
    assert staging
    world.clock.stop()  # nothing that is remembered lapses
    del world.chutes[staging.chute_id]
    world.caches.shared.clear()
    world.caches.own.clear()
    for process in range(world.api_processes):
        assert world.cached(staging.chute_id, process) is None
    bench.do("deploy", **PATIENT)
    assert world.cached(staging.chute_id, 0) is None
    status = json.loads(bench.do("status", "--json", **PATIENT).stdout)
    assert status["staging"]["differences"] == []
    threading.Timer(3, world.clock.advance, [60]).start()
    run = bench.do("stop", "staging", **PATIENT, OPS_CACHE_SECONDS="60")
    assert "not known to all of the platform yet" in run.stderr
    deployed = world.chute("my-chute-staging")
    assert deployed
    assert deployed.disabled


@pytest.mark.parametrize("step", ["promote", "rollback"])
def test_a_patch_of_the_image_by_the_platform_is_nobodys_change(
    bench: Bench, begin: Begin, step: str
) -> None:
    world = begin(step)
    for image_id in world.images:
        world.patch_image(image_id)
    status = json.loads(bench.do("status", "--json", **PATIENT).stdout)
    assert status["staging"]["differences"] == []
    bench.do(step, **PATIENT)
    at = "" if step == "promote" else "~1"
    assert in_production(world) == git(bench.folder, "show", f"HEAD{at}:chute.py")
    again = bench.do("promote", "--json", **PATIENT)
    assert json.loads(again.stdout)["changed"] is (step == "rollback")


def test_what_only_the_platform_knows_is_kept_once_its_caches_tell_it(
    bench: Bench, begin: Begin
) -> None:
    world = begin("promote")
    chute = world.chute("my-chute")
    assert chute
    world.clock.stop()
    for process in range(world.api_processes):
        world.cached(chute.chute_id, process)
    unknown = chute.posted["code"] + "\n# deployed from somewhere else\n"
    chute.posted["code"] = unknown
    chute.version = version_of(world.images[chute.posted["image"]], unknown)
    shutil.rmtree(bench.folder / ".chute" / "releases", ignore_errors=True)
    (bench.folder / ".chute" / "sent-prod.json").unlink()
    threading.Timer(6, world.clock.advance, [240]).start()

    run = bench.do("promote", **PATIENT, OPS_CACHE_SECONDS="120")

    assert "not yet shown by the platform" in run.stderr
    bench.do("rollback", **PATIENT)
    assert in_production(world) == unknown


def test_instances_of_before_are_known_although_the_deployment_was_cut_short(
    bench: Bench, begin: Begin
) -> None:
    world = begin("deploy")
    world.rolling_seconds = 10**6
    interrupt_once_sent(bench, "deploy", signal.SIGKILL)
    time.sleep(1)
    run = bench.run("smoke", "staging", **{**PATIENT, "OPS_WAKE_SECONDS": "4"})
    assert run.returncode == 4
    assert "of the old version" in run.stderr
