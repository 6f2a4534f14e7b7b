"""The double holds up against the SDK's real command line."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from support.platform_double import Double, Fault
from support.platform_double.identity import Identity
from support.platform_owner import Owner, built_image

Chutes = Callable[..., str]


@pytest.fixture
def double(tmp_path: Path) -> Iterator[Double]:
    """A platform with one image and one chute."""
    with Double(Identity.new("alice"), tmp_path / "testing") as double:
        built_image(double)
        Owner(double, double.identity).deployed()
        yield double


@pytest.fixture
def chutes(double: Double, tmp_path: Path) -> Chutes:
    """Runs the SDK's command line as the owner, or as somebody else; returns what it printed."""

    def run(*arguments: str, identity: Identity = double.identity, said: str = "") -> str:
        configuration = identity.write(tmp_path / "config.ini")
        run = subprocess.run(
            [sys.executable, "-m", "chutes.cli", *arguments],
            env={
                **os.environ,
                "CHUTES_API_URL": double.url,
                "CHUTES_CONFIG_PATH": str(configuration),
                "COLUMNS": "200",
            },
            input=said,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return run.stdout + run.stderr

    return run


@pytest.mark.path
def test_lists_are_shown(chutes: Chutes) -> None:
    assert "built and pushed" in chutes("images", "list")
    assert "alice-my-chute" in chutes("chutes", "list")
    assert "Found 0 matching api_keys" in chutes("keys", "list")
    assert "Found 0 matching secrets" in chutes("secrets", "list")


@pytest.mark.whole
def test_keys_and_secrets_are_made_and_deleted(double: Double, chutes: Chutes) -> None:
    (chute,) = double.world.chutes
    made = chutes("keys", "create", "--name", "app", "--action", "invoke", "--chute-ids", chute)
    assert "API key created successfully" in made
    ((key_id, key),) = double.world.keys.items()
    scope = {"object_type": "chutes", "object_id": chute, "action": "invoke"}
    assert key["scopes"] == [scope]
    assert "Successfully deleted" in chutes("keys", "delete", key_id, said="y\n")
    assert not double.world.keys
    secret = ("--key", "HF_TOKEN", "--value", "hf_x")
    assert "Successfully created" in chutes("secrets", "create", "--purpose", chute, *secret)
    assert "Did not find target chute" in chutes(
        "secrets", "create", "--purpose", "nobody", *secret
    )


@pytest.mark.whole
def test_only_the_owner_is_let_in(double: Double, chutes: Chutes) -> None:
    stranger = Identity.new("mallory")
    assert "Could not find user" in chutes("images", "list", identity=stranger)
    seed = Identity.new("alice").seed
    forged = Identity("alice", "alice-id", seed, double.identity.address)
    assert "Invalid request signature" in chutes("images", "list", identity=forged)
    assert httpx.get(f"{double.url}/images/").status_code == 401


@pytest.mark.whole
@pytest.mark.parametrize(("kind", "times"), [("429", 1), ("html", 1), ("reset", 2)])
def test_a_fault_strikes_as_often_as_it_should(
    double: Double, chutes: Chutes, kind: str, times: int
) -> None:
    # aiohttp itself repeats a request once whose connection broke.
    double.faults.append(Fault("GET", "/images/", kind, times=times))
    assert "built and pushed" not in chutes("images", "list")
    assert "built and pushed" in chutes("images", "list")
