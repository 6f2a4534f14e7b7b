"""Every check finds its bad case exactly where it is marked, and nothing in its good one.

A case is a pair of small files (or folders) in `cases/ID` or `cases/ID-words`. The two
differ in one thing, so whatever else is found must be found in both.
"""

from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from scaffold.check.catalog import checks
from scaffold.check.engine import examine
from scaffold.check.load import load
from scaffold.check.model import Finding

CASES = Path(__file__).parent / "cases"
# What else is different between the two files of a pair, because one follows from the other.
ALSO = {
    "EN104": {"SC107"},
    "ER104": {"LO106"},
    "HE101": {"IV115"},
    "HE104": {"SU117"},
    "IV109-bounds": {"IV106"},
    "KS114": {"CA103"},
    "LD101": {"SC107"},
    "LD103": {"LI102"},
    "NA102": {"HW101"},
    "PA105": {"IV112"},
    "PA118-typed": {"IV112"},
    "PA120": {"LO106"},
    "PI112": {"PI105"},
    "SC101": {"SC107"},
    "SG102": {"IM119", "PI104"},
    "SG103": {"HW102"},
}
# A crash needs a defect, and the size limit a file that nobody wants to keep: tested elsewhere.
ELSEWHERE = {"EN102", "LI108"}
NAMES = sorted(path.name for path in CASES.iterdir())


def is_loaded(name: str) -> bool:
    """Is it found in the objects that a module builds, for which a process of its own loads it?"""
    return name.startswith("LD")


#: The first is the one path, the others are many of a kind.
PARAMETERS = [
    pytest.param(name, marks=pytest.mark.path if name == "LD101" else pytest.mark.whole)
    if is_loaded(name)
    else name
    for name in NAMES
]


@cache
def found(path: Path) -> tuple[Finding, ...]:
    """Findings and warnings of one case; those of built objects need the SDK."""
    if is_loaded(path.parent.name):
        pytest.importorskip("chutes")
        report = examine(path, loaded=load(path))
    else:
        report = examine(path)
    return (*report.findings, *report.warnings)


def case(name: str, kind: str) -> Path:
    """The file or the folder of one case."""
    folder = CASES / name / kind
    return folder if folder.is_dir() else folder.with_suffix(".py")


def marked(name: str) -> set[tuple[str, int]]:
    """Where the bad case says that something is to be found."""
    listed = CASES / name / "expect.txt"
    if listed.exists():
        rows = [line.rpartition(":") for line in listed.read_text().splitlines()]
        return {(file, int(line)) for file, _, line in rows}
    bad = case(name, "bad")
    root = bad if bad.is_dir() else bad.parent
    files = [p for p in bad.rglob("*") if p.is_file()] if bad.is_dir() else [bad]
    return {
        (path.relative_to(root).as_posix(), number)
        for path in files
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if "# expect" in line
    }


def test_every_check_has_a_case() -> None:
    with_case, wanted = {name.partition("-")[0] for name in NAMES}, set(checks()) - ELSEWHERE
    for id in sorted(wanted - with_case):
        pytest.fail(f"write tests/check/cases/{id}/bad.py and good.py")
    assert with_case - wanted == set()


@pytest.mark.parametrize("name", PARAMETERS)
def test_it_is_found_where_it_is_marked(name: str) -> None:
    id = name.partition("-")[0]
    places = {
        (finding.file, finding.line) for finding in found(case(name, "bad")) if finding.id == id
    }
    assert places == marked(name) != set()


@pytest.mark.parametrize("name", PARAMETERS)
def test_nothing_is_found_where_it_is_right(name: str) -> None:
    id = name.partition("-")[0]
    assert [finding for finding in found(case(name, "good")) if finding.id == id] == []


@pytest.mark.parametrize("name", PARAMETERS)
def test_nothing_crashes(name: str) -> None:
    for kind in ("bad", "good"):
        assert [finding for finding in found(case(name, kind)) if finding.id == "EN102"] == []


@pytest.mark.parametrize(
    "loaded", [False, pytest.param(True, marks=pytest.mark.whole)], ids=["read", "loaded"]
)
def test_no_case_sets_off_many_others(loaded: bool) -> None:
    """What a bad case has beyond its good one is, but for few, its own check's finding."""
    extra: dict[str, set[str]] = {}
    for name in filter(lambda name: is_loaded(name) == loaded, NAMES):
        bad, good = (Counter(f.id for f in found(case(name, kind))) for kind in ("bad", "good"))
        others = bad - good
        del others[name.partition("-")[0]]
        if others:
            extra[name] = set(others)
    assert extra == {name: ids for name, ids in ALSO.items() if is_loaded(name) == loaded}
