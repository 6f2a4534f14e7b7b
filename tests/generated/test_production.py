"""Only what passed in staging is promoted, and what was promoted can be taken back."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from support.pipeline import (
    Begin,
    Bench,
    finish,
    git,
    production,
)
from support.platform_double.entities import version_of


@pytest.mark.whole
def test_a_rollback_never_pays_a_fee(bench: Bench, begin: Begin) -> None:
    world = begin("rollback")
    balance = world.balance
    finish(bench, "rollback")
    assert world.balance == balance


def forget(report: Path) -> None:
    report.unlink()


def redden(report: Path) -> None:
    report.write_text(report.read_text().replace('"ok": true', '"ok": false'))


def age(report: Path) -> None:
    document = json.loads(report.read_text())
    report.write_text(json.dumps({**document, "time": document["time"] - 90000}))


def mangle(report: Path) -> None:
    report.write_text("{")


def of_other_code(report: Path) -> None:
    report.write_text(
        re.sub(r'"code_sha256": "\w{8}', '"code_sha256": "00000000', report.read_text())
    )


def of_other_image(report: Path) -> None:
    report.write_text(re.sub(r'"image_id": "\w{8}', '"image_id": "00000000', report.read_text()))


SPOILERS = [forget, redden, age, mangle, of_other_code, of_other_image]


@pytest.mark.whole
@pytest.mark.parametrize("spoil", SPOILERS, ids=lambda spoil: spoil.__name__)
def test_only_what_passed_in_staging_is_promoted(
    bench: Bench, begin: Begin, spoil: Callable[[Path], None]
) -> None:
    world = begin("promote")
    before = production(world)
    spoil(bench.folder / ".chute" / "smoke-staging.json")
    asked = len(bench.double.asked)
    run = bench.run("promote", "--json")
    assert run.returncode == 3
    assert json.loads(run.stdout)["error"]["code"] == 3
    assert "make" in json.loads(run.stdout)["error"]["hint"]
    assert production(world) == before
    assert not [one for one in bench.double.asked[asked:] if one[0] == "POST"]


@pytest.mark.whole
def test_staging_that_was_deployed_again_since_is_not_promoted(bench: Bench, begin: Begin) -> None:
    world = begin("promote")
    before = production(world)
    staging, image = world.chute("my-chute-staging"), next(iter(world.images.values()))
    assert staging
    staging.posted["code"] += "\n# by somebody else\n"
    staging.version = version_of(image, staging.posted["code"])
    run = bench.run("promote")
    assert run.returncode == 3
    assert "no longer what was smoke-tested: it runs other code" in run.stderr
    assert production(world) == before


@pytest.mark.whole
def test_rolling_back_to_a_version_whose_image_is_gone_changes_nothing(
    bench: Bench, begin: Begin
) -> None:
    world = begin("rollback")
    before = production(world)
    old = [one for one in world.images.values() if not one.tag.startswith("second")]
    del world.images[old[0].image_id]
    run = bench.run("rollback")
    assert run.returncode == 1
    assert "is gone" in run.stderr
    assert production(world) == before


@pytest.mark.whole
def test_rolling_back_to_a_commit_needs_no_record(bench: Bench, begin: Begin) -> None:
    begin("rollback")
    shutil.rmtree(bench.folder / ".chute")
    assert bench.run("rollback").returncode == 3
    assert bench.run("rollback", "--to", "nowhere").returncode == 2
    bench.do("rollback", "--to", "HEAD~1")
    finish_at = bench.double.world.chute("my-chute")
    assert finish_at
    assert finish_at.posted["code"] == git(bench.folder, "show", "HEAD~1:chute.py")
