"""What is known of the platform: the SDK does it, the page says it, the template follows it."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from scaffold.answers.questions import Questionnaire
from support.places import ROOT
from support.releases import load_hook

facts = load_hook("platform_facts")
TABLE = facts.read()
PROBED = [fact for fact in TABLE.facts if fact.probe]


def asked(*options: Any) -> subprocess.CompletedProcess[str]:
    """The program as the weekly workflow runs it."""
    command = [sys.executable, ROOT / "hooks" / "platform_facts.py", *options]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)


def by_id(name: str) -> Any:
    """One fact."""
    return next(fact for fact in TABLE.facts if fact.id == name)


@pytest.mark.whole
def test_the_facts_hold_for_the_sdk_that_is_installed() -> None:
    run = asked()
    assert (run.returncode, run.stderr) == (0, ""), run.stdout
    assert f"{len(PROBED)} of {len(PROBED)} facts" in run.stdout


@pytest.mark.whole
def test_each_fact_that_is_no_longer_so_is_named(tmp_path: Path) -> None:
    content = yaml.safe_load(facts.TABLE.read_text())
    for fact in (fact for area in content["areas"].values() for fact in area):
        if "probe" in fact:
            fact["value"] = {"otherwise": fact["value"]}
    doctored = tmp_path / "platform.yml"
    doctored.write_text(yaml.safe_dump(content, sort_keys=False))
    run = asked("--table", doctored)
    assert run.returncode == 1, run.stderr
    assert re.findall(r"^(\S+) does not hold", run.stdout, re.M) == [fact.id for fact in PROBED]
    assert f"0 of {len(PROBED)} facts" in run.stdout


@pytest.mark.whole
def test_what_cannot_be_asked_any_more_does_not_hold(tmp_path: Path) -> None:
    content = yaml.safe_load(facts.TABLE.read_text())
    bases = next(f for facts in content["areas"].values() for f in facts if f["id"] == "bases")
    content["areas"] = {"One": [{**bases, "probe": "no_such_probe"}, bases]}
    doctored = tmp_path / "platform.yml"
    doctored.write_text(yaml.safe_dump(content, sort_keys=False))
    run = asked("--table", doctored)
    assert run.returncode == 1
    assert "could not be asked: KeyError" in run.stdout
    assert "1 of 2 facts" in run.stdout


def test_every_fact_says_how_it_is_known() -> None:
    assert len({fact.id for fact in TABLE.facts}) == len(TABLE.facts)
    for fact in TABLE.facts:
        assert fact.known in TABLE.known, fact.id
        assert re.fullmatch(r"20\d\d-\d\d(-\d\d)?|mid-2026", fact.date), fact.id
        assert fact.source, fact.id
        assert fact.what[-1] == ".", fact.id
        assert bool(fact.probe) == (fact.known == "sdk"), fact.id
    assert {fact.known for fact in TABLE.facts} == set(TABLE.known)


def test_every_probe_is_asked_for_a_fact(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT / "hooks")
    assert sorted(fact.probe for fact in PROBED) == sorted(load_hook("sdk_probes").PROBES)


def test_the_page_says_every_fact() -> None:
    page = facts.PAGE.read_text()
    for fact in TABLE.facts:
        assert fact.what in page
        assert fact.known != "assumed" or f"- Assumed: {fact.what}" in page
    assert "(docs/platform.md)" in (ROOT / "README.md").read_text()


def test_the_template_keeps_what_the_platform_keeps() -> None:
    reserved = Questionnaire().reserved
    words = by_id("reserved-names").value + by_id("reserved-names-since").value
    assert reserved["in_names"] == words
    paths = (
        by_id("reserved-paths").value + by_id("ping").value + by_id("attestation").value["paths"]
    )
    assert set(reserved["public_paths"]) == set(paths)
    own = by_id("own-routes").value
    assert [path for path in own if not path.startswith(tuple(reserved["public_prefixes"]))] == []
