"""What `doctor --online` makes of the platform's answers: the SDK signs, the double answers."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from scaffold.answers.questions import template_folder
from scaffold.doctor import asking
from scaffold.doctor.finding import BUILD, DEPLOY, Finding
from scaffold.doctor.machine import Machine
from scaffold.errors import Unasked
from support.platform_double import Double, Fault
from support.platform_double.identity import Identity
from support.platform_double.world import World

pytestmark = pytest.mark.path
ALICE = Identity.new("alice")


@pytest.fixture(scope="module")
def server() -> Iterator[Double]:
    """The platform, where alice has an account."""
    with Double(ALICE, template_folder() / "project" / "chutekit" / "testing") as double:
        yield double


@pytest.fixture
def double(server: Double) -> Double:
    """It, as if nothing had happened."""
    server.world, server.faults = World(), []
    return server


@pytest.fixture
def machine(double: Double, tmp_path: Path) -> Machine:
    """A repository that was set up, with the account's file."""
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    return Machine(
        tmp_path,
        {"username": "alice", "name": "my-chute"},
        {
            "HOME": str(tmp_path),
            "CHUTES_CONFIG_PATH": str(ALICE.write(tmp_path / "config.ini")),
            "CHUTES_API_URL": double.url,
        },
    )


def asked(machine: Machine) -> tuple[list[Finding], list[Unasked]]:
    """What is found out of the account, beside the package index, which is not there."""
    found, unasked = asking.ask(machine)
    assert all(each.remedy for each in found)
    return found, [each for each in unasked if each.what != "package index"]


def test_an_account_with_enough_on_it(machine: Machine, double: Double) -> None:
    found, unasked = asked(machine)
    assert found == []
    assert [each.what for each in unasked] == ["limits"]  # which the platform does not tell
    assert double.asked[-1] == ("GET", "/users/me", "ops")


def test_what_is_on_the_account_is_compared_with_what_a_build_and_a_deployment_take(
    machine: Machine, double: Double
) -> None:
    double.world.balance = 1.25
    found, _ = asked(machine)
    assert [(each.id, each.stops) for each in found] == [
        ("balance", (BUILD,)),
        ("balance-fee", (DEPLOY,)),
    ]
    assert all("$1.25" in each.message and "Top up" in each.remedy for each in found)


def test_an_account_that_the_platform_does_not_know(machine: Machine, tmp_path: Path) -> None:
    Identity.new("alice").write(tmp_path / "config.ini")
    (found,), _ = asked(machine)
    assert (found.id, found.stops) == ("platform", (BUILD, DEPLOY))
    assert "Could not find user" in found.message
    assert "Check the credentials" in found.remedy


@pytest.mark.parametrize(
    ("kind", "remedy"),
    [
        ("402", "Top up"),
        ("403", "the platform's words"),
        ("429", "24 deployments"),
        ("500", "again"),
    ],
)
def test_a_refusal_comes_with_what_helps(
    kind: str, remedy: str, machine: Machine, double: Double
) -> None:
    double.faults.append(Fault("GET", "/users/me", kind))
    (found,), _ = asked(machine)
    assert (found.id, found.stops) == ("platform", (BUILD, DEPLOY))
    assert remedy in found.remedy


@pytest.mark.parametrize("kind", ["reset", "nobody"])
def test_a_platform_that_does_not_answer_is_not_asked(
    kind: str, machine: Machine, double: Double
) -> None:
    if kind == "reset":
        double.faults.append(Fault("GET", "/users/me", kind))
    else:
        machine = Machine(
            machine.folder,
            machine.answers,
            {**machine.environment, "CHUTES_API_URL": "http://127.0.0.1:9"},
        )
    found, (unasked,) = asked(machine)
    assert found == []
    assert unasked.what == "balance"
    assert "127.0.0.1" in unasked.why


def test_an_address_at_which_a_key_could_be_overheard_is_not_asked(machine: Machine) -> None:
    open_ = {**machine.environment, "CHUTES_API_URL": "http://platform.invalid"}
    (found,), _ = asked(Machine(machine.folder, machine.answers, open_))
    assert "no address that signatures can be sent to" in found.message
    assert "https://" in found.remedy
