"""Findings that are waived, or were there before."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from scaffold.check.engine import examine
from support.checking import GOOD, HEAD, ids
from support.command import Run


@pytest.mark.parametrize(
    ("comment", "kept"),
    [
        ("# chute-new: ignore[LI102] the account has a higher limit", {}),
        ("# chute-new: ignore[LI102, LI101] until 2999-01-01 the account has more", {}),
        ("# chute-new: ignore[LI] the account has a higher limit", {}),
        ("# chute-new: ignore[LI102]", {"LI102", "EN104"}),
        ("# chute-new: ignore[LI102] until 2020-01-01 it was for the launch", {"LI102", "EN104"}),
        ("# chute-new: ignore[ZZ999] a misspelt id", {"LI102", "EN104"}),
        ("# chute-new: ignore[] everything", {"LI102", "EN104"}),
        ("# chute-new: ignore[HW101] another check", {"LI102"}),
    ],
)
def test_a_comment_waives(comment: str, kept: set[str], write: Callable[..., Path]) -> None:
    folder = write(chute_py=f"{HEAD}chute = {GOOD}, max_instances=500)  {comment}\n")
    found = set(ids(folder)) & {"LI102", "EN104"}
    assert found == set(kept)


def test_a_waiver_and_a_fingerprint_outlive_another_layout(write: Callable[..., Path]) -> None:
    comment = "# chute-new: ignore[LI102, LI101] the account has a higher limit"
    folder = write(
        chute_py=f"{HEAD}\n# moved\n\nchute = Chute(\n    username='alice',\n    name='demo',\n"
        f"    image='alice/demo:1.0',\n    concurrency=999,\n    max_instances=500,  {comment}\n)\n"
    )
    assert {"LI101", "LI102"} & set(ids(folder)) == set()
    assert examine(folder).waived == 2
    one = write(chute_py=f"{HEAD}chute = {GOOD}, max_instances=500)\n")
    before = {f.fingerprint for f in examine(one).findings}
    two = write(chute_py=f"{HEAD}\f\n\n# lines more\nchute = {GOOD}, max_instances=500)\n")
    assert {f.fingerprint for f in examine(two).findings} == before


def test_a_comment_above_waives_too(write: Callable[..., Path]) -> None:
    comment = "# chute-new: ignore[LI102] the account has a higher limit"
    folder = write(chute_py=f"{HEAD}{comment}\nchute = {GOOD}, max_instances=500)\n")
    report = examine(folder)
    assert "LI102" not in {f.id for f in report.findings}
    assert report.waived == 1


@pytest.mark.parametrize(
    ("entry", "kept"),
    [
        ('path = "chute.py"\nreason = "agreed"', set()),
        ('path = "other.py"\nreason = "agreed"', {"LI102"}),
        ('path = "*"', {"LI102", "EN104"}),
        ('reason = "agreed"\nuntil = 2020-01-01', {"LI102", "EN104"}),
    ],
)
def test_pyproject_waives(entry: str, kept: set[str], write: Callable[..., Path]) -> None:
    folder = write(chute_py=f"{HEAD}chute = {GOOD}, max_instances=500)\n")
    text = f'[[tool.chute-new.check.waivers]]\nid = "LI102"\n{entry}\n'
    (folder / "pyproject.toml").write_text(text)
    assert set(ids(folder)) & {"LI102", "EN104"} == kept


def test_a_baseline_hides_what_was_there_before(write: Callable[..., Path], chute_new: Run) -> None:
    folder = write(repo__chute_py=f"{HEAD}chute = {GOOD}, max_instances=500)\n") / "repo"
    baseline = folder.parent / "baseline.json"
    assert chute_new("check", str(folder), "--write-baseline", str(baseline)).returncode == 0
    run = chute_new("check", str(folder), "--baseline", str(baseline))
    assert run.returncode == 0, run.stdout
    (folder / "chute.py").write_text(
        f"{HEAD}# a line more\n\nchute = {GOOD}, max_instances=500)\n"
        f"other = {GOOD}, concurrency=999)\n"
    )
    run = chute_new("check", str(folder), "--baseline", str(baseline), "--format", "json")
    fresh = {(f["id"], f["line"]) for f in json.loads(run.stdout)["findings"]}
    assert run.returncode == 1
    assert ("LI101", 7) in fresh
    assert not any(line == 6 for _, line in fresh)
