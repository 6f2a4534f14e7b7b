"""Files of the user's are replaced all together, and as they were."""

import os
import signal
import stat
from pathlib import Path

import pytest

from scaffold.errors import OutsideFailure
from scaffold.files import replace


@pytest.fixture
def one(tmp_path: Path) -> Path:
    path = tmp_path / "one"
    path.write_text("before")
    return path


def test_all_get_their_content(tmp_path: Path, one: Path) -> None:
    replace({one: b"after", tmp_path / "two": b"new"})
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {
        "one": "after",
        "two": "new",
    }


def test_when_one_cannot_be_written_none_is(tmp_path: Path, one: Path) -> None:
    with pytest.raises(OutsideFailure, match=r"nowhere/two: no such file"):
        replace({one: b"after", tmp_path / "nowhere" / "two": b"new"})
    assert one.read_text() == "before"
    assert list(tmp_path.iterdir()) == [one]


def test_modes_stay(one: Path) -> None:
    one.chmod(0o750)
    replace({one: b"after"})
    assert one.read_text() == "after"
    assert stat.S_IMODE(one.stat().st_mode) == 0o750


def test_a_signal_does_not_stop_it_between_two_files(
    tmp_path: Path, one: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = os.replace
    renamed = []

    def interrupted(source: str, target: str, **folders: int) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        rename(source, target, **folders)
        renamed.append(target)

    monkeypatch.setattr(os, "replace", interrupted)
    two = tmp_path / "two"
    replace({one: b"after", two: b"after"})
    assert renamed == ["one", "two"]
    assert one.read_text() == two.read_text() == "after"
