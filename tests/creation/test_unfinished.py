"""What is kept of an interrupted interview: the last one, in the user's own folder."""

from pathlib import Path

import pytest

from scaffold.creation import unfinished
from scaffold.errors import Refused
from scaffold.runtime import interrupts


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(interrupts, "outcome", "nothing was written")
    return tmp_path / "state" / "chute-new" / "unfinished.yml"


def test_the_last_one_is_kept_for_its_owner_alone(state: Path) -> None:
    assert unfinished.keep({"name": "one"})
    assert unfinished.keep({"name": "two", "exclude": ["l4"], "destination": "./ü"})
    assert unfinished.existing() == state
    assert state.read_text() == "name: two\nexclude:\n- l4\ndestination: ./ü\n"
    assert state.parent.stat().st_mode & 0o077 == 0
    # Of the repository nothing was, and that is what whoever interrupts is told.
    assert interrupts.outcome == "nothing was written"


def test_nothing_kept_is_nothing_to_go_on_with(state: Path) -> None:
    unfinished.forget()
    with pytest.raises(Refused, match="no interview"):
        unfinished.existing()
    unfinished.keep({"name": "one"})
    unfinished.forget()
    with pytest.raises(Refused):
        unfinished.existing()


def test_where_nothing_can_be_kept_an_interrupt_is_one_all_the_same(
    state: Path, tmp_path: Path
) -> None:
    (tmp_path / "state").write_text("in the way")
    assert not unfinished.keep({"name": "one"})
    unfinished.forget()


def test_a_link_in_its_place_is_not_followed(state: Path, tmp_path: Path) -> None:
    state.parent.mkdir(parents=True)
    (tmp_path / "mine").write_text("mine")
    state.symlink_to(tmp_path / "mine")
    assert not unfinished.keep({"name": "one"})
    assert (tmp_path / "mine").read_text() == "mine"


def test_a_relative_folder_is_void(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    found = unfinished.path({"XDG_STATE_HOME": "here"})
    assert found is not None
    assert found.parts[-4:] == (".local", "state", "chute-new", "unfinished.yml")
    assert found.is_absolute()
