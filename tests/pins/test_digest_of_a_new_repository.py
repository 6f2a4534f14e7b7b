"""The digest of the base image while a repository is made."""

import json
import shutil
import socket
from pathlib import Path
from typing import Any

import pytest

from scaffold.creation.digest import look_up
from scaffold.pins.floating import floating
from support.command import Run
from support.images import BASE, contents, render
from support.registries import (
    AMD64,
    Registry,
    answering,
)


def made(chute_new: Run, *options: str) -> dict[str, Any]:
    """What `create --json` says of a small run."""
    run = chute_new(
        "out",
        "--defaults",
        "--set",
        "username=alice",
        "--set",
        "name=my-chute",
        "--no-git",
        "--no-verify",
        "--json",
        *options,
    )
    assert run.returncode == 0, run.stderr
    return dict(json.loads(run.stdout))


@pytest.mark.whole
def test_create_pins_the_base_image_when_the_registry_answers(
    chute_new: Run, hub: Registry, tmp_path: Path
) -> None:
    digest = hub.push("parachutes/python", "3.12.9", AMD64)
    document = made(chute_new)
    assert document["answers"]["base_image"] == f"{BASE}@{digest}"
    assert not any("tag only" in warning for warning in document["warnings"])
    assert [stale.what for stale in floating(tmp_path / "out")] == []
    fresh = render(tmp_path / "fresh", "diffusers", base_image=f"{BASE}@{digest}")
    assert contents(tmp_path / "out") == contents(fresh)


@pytest.mark.whole
def test_create_asks_nobody_when_offline_or_rehearsing(
    chute_new: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with answering((500, b"")) as (url, paths):
        monkeypatch.setenv("CHUTE_NEW_REGISTRY", url)
        for option in ("--offline", "--dry-run"):
            assert made(chute_new, option)["answers"]["base_image"] == BASE
            shutil.rmtree(tmp_path / "out", ignore_errors=True)
        assert paths == []


@pytest.mark.whole
def test_create_goes_on_with_the_tag_when_the_registry_fails(
    chute_new: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    with answering((503, b"")) as (url, paths):
        monkeypatch.setenv("CHUTE_NEW_REGISTRY", url)
        document = made(chute_new)
    assert paths != []
    assert document["answers"]["base_image"] == BASE
    said = [warning for warning in document["warnings"] if "status 503" in warning]
    assert len(said) == 1
    assert said[0].endswith("did not answer: status 503.")


@pytest.mark.whole
def test_create_waits_for_a_silent_registry_only_so_long(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        monkeypatch.setenv("CHUTE_NEW_REGISTRY", f"http://127.0.0.1:{silent.getsockname()[1]}")
        base = look_up(BASE, seconds=0.2)
    assert base.image == BASE
    assert "The registry" in base.reason


@pytest.mark.whole
def test_a_digest_that_was_given_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    with answering((500, b"")) as (url, paths):
        monkeypatch.setenv("CHUTE_NEW_REGISTRY", url)
        given = f"{BASE}@sha256:{'0' * 64}"
        assert look_up(given).image == given
        assert paths == []
