"""Two runs on one destination, and a destination that somebody swaps meanwhile."""

import fcntl
import os
from pathlib import Path

import pytest

from scaffold import git
from scaffold.creation.publish import PREFIX, staged
from scaffold.errors import Refused
from scaffold.update.worktree import Worktree


@pytest.fixture
def victim(tmp_path: Path) -> Path:
    """A folder that is none of ours, with a file in it."""
    folder = tmp_path / "victim"
    folder.mkdir()
    (folder / "mine").write_text("mine")
    return folder


def test_of_two_that_make_one_repository_one_does(tmp_path: Path) -> None:
    target = tmp_path / "made"
    with pytest.raises(Refused, match="by somebody else meanwhile"), staged(target) as slow:
        (slow / "slow").touch()
        with staged(target) as quick:
            (quick / "quick").touch()
    assert [path.name for path in target.iterdir()] == ["quick"]
    assert not [*tmp_path.glob(f"{PREFIX}*")]


@pytest.mark.parametrize("kind", ["link to a folder", "link to nothing", "file", "full folder"])
@pytest.mark.parametrize("before", [False, True], ids=["new", "empty before"])
def test_what_takes_its_place_meanwhile_is_left_alone(
    tmp_path: Path, victim: Path, kind: str, before: bool
) -> None:
    target = tmp_path / "made"
    if before:
        target.mkdir()
    with pytest.raises(Refused, match="by somebody else meanwhile"), staged(target) as stage:
        (stage / "ours").touch()
        if before:
            target.rmdir()
        if kind == "file":
            target.touch()
        elif kind == "full folder":
            victim.rename(target)
            victim = target
        else:
            target.symlink_to(victim if kind == "link to a folder" else tmp_path / "nowhere")
    assert [path.name for path in victim.iterdir()] == ["mine"]
    assert not [*tmp_path.glob(f"{PREFIX}*")]
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("inside", ["lock", "mine"])
def test_what_looks_like_a_killed_run_is_not_followed(
    tmp_path: Path, victim: Path, inside: str
) -> None:
    (victim / "mine").rename(victim / inside)
    os.utime(victim, (0, 0))
    (tmp_path / f"{PREFIX}killed").symlink_to(victim)
    with staged(tmp_path / "made"):
        pass
    assert [path.name for path in victim.iterdir()] == [inside]


@pytest.mark.path
def test_of_two_updates_one_is_refused(tmp_path: Path) -> None:
    """One that failed took back what the other had written and told."""
    repository = git.Git(tmp_path)
    repository("init", "--quiet")
    (one, other) = (Worktree(tmp_path) for _ in range(2))
    with one.alone(), pytest.raises(Refused, match="another update"), other.alone():
        raise AssertionError
    with other.alone():
        pass


@pytest.mark.path
def test_without_locks_they_are_not_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git.Git(tmp_path)("init", "--quiet")

    def none(*_: object) -> None:
        raise OSError("no locks")

    monkeypatch.setattr(fcntl, "flock", none)
    with Worktree(tmp_path).alone(), Worktree(tmp_path).alone():
        pass
