"""`chute-new adopt PROTOTYPE` on a terminal: what it read is answered, and the rest is asked."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest
import yaml

from support.adopting import PROTOTYPES
from support.places import ROOT

pytestmark = pytest.mark.whole


@pytest.fixture
def child(tmp_path: Path) -> Iterator[pexpect.spawn]:
    """The command in plain lines, about a prototype in the folder it runs in."""
    (tmp_path / "proto").mkdir()
    (tmp_path / "proto/speak.py").write_text((PROTOTYPES / "speak.py").read_text())
    run = pexpect.spawn(
        sys.executable,
        ["-m", "scaffold", "adopt", "./proto", "--plain", "--offline", "--no-verify"],
        cwd=str(tmp_path),
        env={**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm-256color"},
        encoding="utf-8",
        timeout=60,
        echo=False,
    )
    yield run
    run.close(force=True)


def answer(child: pexpect.spawn, key: str, typed: str) -> str:
    """Wait for the prompt of a question, type a line, and return what was said before it."""
    child.expect(rf"(?m)^{key}(?: \[[^\n]*\])?: $")
    child.sendline(typed)
    return str(child.before)


def test_only_what_the_prototype_leaves_open_is_asked(child: pexpect.spawn, tmp_path: Path) -> None:
    said = "".join(answer(child, key, "") for key in ("include", "cache", "ci", "destination"))
    for key in ("workload", "endpoints", "username", "name", "concurrency", "max_instances"):
        assert f"{key} is" not in said
    answer(child, "review", "max_instances")
    answer(child, "max_instances", "2")
    answer(child, "review", "y")
    child.expect(pexpect.EOF)
    told = str(child.before)
    child.close()
    assert child.exitstatus == 0
    assert "Left for you:" in told
    answers = yaml.safe_load((tmp_path / "speak/.copier-answers.yml").read_text())
    # The review changed one of what the prototype says; another one is as it says.
    assert (answers["max_instances"], answers["concurrency"]) == (2, 3)
    assert "KPipeline" in (tmp_path / "speak/chute.py").read_text()


def test_who_leaves_the_review_has_nothing_written(child: pexpect.spawn, tmp_path: Path) -> None:
    for key in ("include", "cache", "ci", "destination"):
        answer(child, key, "")
    answer(child, "review", "q")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 130
    assert [path.name for path in tmp_path.iterdir()] == ["proto"]
