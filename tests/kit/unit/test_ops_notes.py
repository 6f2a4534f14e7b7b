"""What is noted of a deployment, and what the next command makes of it."""

import os
import subprocess
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from chutekit.ops import notes, releases, rollback
from chutekit.ops.command import REFUSED, Problem
from chutekit.ops.declared import Declared
from chutekit.ops.live import Live
from chutekit.ops.notes import store, turn
from chutekit.ops.releases import Release


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty folder to keep notes in."""
    monkeypatch.chdir(tmp_path)


def live(version: str, *instances: str) -> Live:
    there = [{"instance_id": name} for name in instances]
    image = {"image_id": "image", "patch_version": "initial"}
    return Live({"version": version, "image": image, "instances": there})


def test_instances_of_the_version_before_are_known_from_before_it_was_sent() -> None:
    notes.sending("prod", "promote", live("v1", "a", "b"), "image", "code")
    last = notes.sent("prod")
    assert last
    assert last.still_answering(live("v2", "b", "c")) == 1
    assert last.still_answering(live("v2", "c")) == 0
    assert last.still_answering(None) == 0


def test_what_never_arrived_replaces_no_instance() -> None:
    notes.sending("prod", "promote", live("v1", "a"), "image", "code")
    last = notes.sent("prod")
    assert last
    assert last.still_answering(live("v1", "a")) == 0


def test_a_refused_deployment_leaves_the_note_of_before() -> None:
    notes.sending("prod", "promote", live("v1", "a"), "image", "first")
    notes.arrived("prod")
    former = notes.sent("prod")
    notes.sending("prod", "promote", live("v2", "b"), "image", "second")
    notes.forget("prod", former)
    assert notes.sent("prod") == former


def test_only_something_else_that_nobody_saw_arrive_may_still_come() -> None:
    notes.sending("prod", "promote", live("v1"), "image", "second")
    last = notes.sent("prod")
    assert last
    assert last.contests("image", "first")
    assert not last.contests("image", "second")
    assert not replace(last, arrived=True).contests("image", "first")
    old = replace(last, time=time.time() - notes.LONGEST_SECONDS - 1)
    assert not old.contests("image", "first")


def test_what_was_sent_before_an_interrupted_repair_may_come_after_it() -> None:
    notes.sending("prod", "promote", live("v1"), "image", "second")
    notes.sending("prod", "rollback", live("v1"), "image", "first")
    last = notes.sent("prod")
    assert last
    assert last.contests("image", "first")


def test_a_note_cut_short_by_a_full_disk_is_none() -> None:
    (Path(".chute")).mkdir()
    (Path(".chute") / "sent-prod.json").write_text('{"step": "pro')
    assert notes.sent("prod") is None


def kept(version: str, code: str, moment: float) -> Release:
    release = Release(version, "image", code, "", moment)
    store(releases.FOLDER / f"{version}.json", asdict(release))
    return release


@pytest.fixture
def production(monkeypatch: pytest.MonkeyPatch, prod: Declared) -> Declared:
    """Production is live at v2, before which there were v1 and v0."""
    kept("v0", "zero", 0)
    kept("v1", "one", 1)
    monkeypatch.setattr(rollback, "live", lambda platform, wanted: live("v2"))
    return prod


@pytest.fixture
def prod() -> Declared:
    """A production chute."""
    return Declared("prod", "alice", "x", "id", "image", "x:tag", "two", {}, {})


def test_a_rollback_goes_to_what_was_replaced_last(production: Declared) -> None:
    assert rollback._previous(None, production).version == "v1"


def test_after_an_interrupted_promotion_it_goes_to_what_was_there_before_it(
    production: Declared,
) -> None:
    kept("v2", "two", 2)
    notes.sending("prod", "promote", live("v2"), "image", "three")
    assert rollback._previous(None, production).version == "v2"


@pytest.mark.whole
def test_an_interrupted_rollback_is_finished_and_does_not_go_further_back(
    production: Declared,
) -> None:
    notes.sending("prod", "rollback", live("v2"), "image", "one")
    assert rollback._previous(None, production).code == "one"


def test_there_is_nothing_before_a_first_promotion(production: Declared) -> None:
    notes.sending("prod", "promote", None, "image", "two")
    with pytest.raises(Problem) as refusal:
        rollback._previous(None, production)
    assert refusal.value.status == REFUSED


HOLDER = "import sys, time; print(flush=True); time.sleep(float(sys.argv[1]))"


@pytest.mark.whole
def test_the_sdks_process_holds_the_turn_after_its_command_is_gone() -> None:
    with turn() as lock:
        left_behind = subprocess.Popen(
            [sys.executable, "-c", HOLDER, "60"], pass_fds=(lock,), stdout=subprocess.PIPE
        )
        assert left_behind.stdout
        left_behind.stdout.readline()
    os.environ["OPS_DEPLOY_SECONDS"] = "0.5"
    try:
        with pytest.raises(Problem, match="still deploying") as refusal, turn():
            pass
    finally:
        del os.environ["OPS_DEPLOY_SECONDS"]
        left_behind.kill()
        left_behind.communicate()
    assert refusal.value.status == REFUSED
    with turn():
        pass
