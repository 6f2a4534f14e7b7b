"""What is committed but derived follows from its sources, and one command makes it."""

import sys
from pathlib import Path

import pytest

import refresh
from support.machine import need
from support.places import ROOT

WHOLE = {"tags", "pictures", "help"}


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.whole if name in WHOLE else ())
        for name, make in refresh.DERIVED.items()
        if make is not None
    ],
)
def test_what_is_derived_follows_from_its_sources(name: str) -> None:
    if name == "pictures":
        need("tmux")
    stale = refresh.refreshed(name, check=True)
    assert not stale, f"run: python hooks/refresh.py {name}"


@pytest.fixture
def stale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a file that fits, one that does not, and one that should not be there."""
    for name in ("fits", "old", "gone"):
        (tmp_path / name).write_text("as before")
    wanted: refresh.Files = {
        tmp_path / "fits": "as before",
        tmp_path / "old": "as it should be",
        tmp_path / "gone": None,
        tmp_path / "folder" / "missing": "",
    }
    monkeypatch.setattr(refresh, "ROOT", tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setitem(refresh.DERIVED, "kit", lambda: wanted)
    return tmp_path


def test_check_names_what_is_out_of_date_and_writes_nothing(
    stale: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert refresh.main(["--check", "kit"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "old is out of date",
        "gone is out of date",
        "folder/missing is out of date",
        "run: python hooks/refresh.py kit",
    ]
    assert (stale / "old").read_text() == "as before"
    assert (stale / "gone").exists()


def test_what_is_out_of_date_is_made_anew_once(
    stale: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert refresh.main(["kit"]) == 0
    assert "old changed" in capsys.readouterr().out
    assert (stale / "old").read_text() == "as it should be"
    assert (stale / "folder" / "missing").read_text() == ""
    assert not (stale / "gone").exists()
    assert refresh.main(["--check", "kit"]) == 0
    assert capsys.readouterr().out == ""


def test_an_unknown_name_is_refused_with_those_there_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as stopped:
        refresh.main(["everything"])
    assert stopped.value.code == 2
    assert "the names are locks, kit" in capsys.readouterr().err


def test_the_workflow_that_refreshes_calls_it() -> None:
    text = (ROOT / ".github" / "workflows" / "refresh.yml").read_text()
    assert "python hooks/refresh.py locks tags\n" in text
