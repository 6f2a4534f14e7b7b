"""All or nothing: the destination is complete or as it was, whatever happens in between."""

import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from scaffold.creation.publish import PREFIX, staged, sweep
from scaffold.destination import check_destination
from scaffold.errors import OutsideFailure, Refused
from support.places import ROOT


def fill(stage: Path) -> None:
    """Put a small tree into `stage`."""
    (stage / "folder").mkdir()
    (stage / "folder" / "file").write_text("x")
    (stage / ".hidden").write_text("y")


def names(folder: Path) -> list[str]:
    """What `folder` holds, hidden entries included."""
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("name", ["new", "with space", "emoji 🎈", "line\nbreak", "-dash"])
def test_a_new_destination_appears_whole(tmp_path: Path, name: str) -> None:
    with staged(tmp_path / name) as stage:
        fill(stage)
        assert not (tmp_path / name).exists()
    assert names(tmp_path / name) == [".hidden", "folder"]
    assert names(tmp_path) == [name]


def test_missing_parents_are_made_and_unmade(tmp_path: Path) -> None:
    with staged(tmp_path / "a" / "b" / "new") as stage:
        fill(stage)
    assert names(tmp_path / "a" / "b") == ["new"]
    with pytest.raises(ZeroDivisionError), staged(tmp_path / "c" / "d" / "new"):
        raise ZeroDivisionError
    assert names(tmp_path) == ["a"]


def test_an_empty_folder_keeps_its_mode(tmp_path: Path) -> None:
    destination = tmp_path / "empty"
    destination.mkdir(mode=0o750)
    with staged(destination) as stage:
        fill(stage)
    assert stat.S_IMODE(destination.stat().st_mode) == 0o750
    assert names(destination) == [".hidden", "folder"]


def test_the_current_folder_stays_the_same_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    destination = tmp_path / "here"
    destination.mkdir()
    monkeypatch.chdir(destination)
    inode = destination.stat().st_ino
    with staged(check_destination(Path())) as stage:
        fill(stage)
    assert destination.stat().st_ino == inode
    assert names(destination) == [".hidden", "folder"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_nothing_is_left_by_a_failure(tmp_path: Path, error: type[BaseException]) -> None:
    with pytest.raises(error), staged(tmp_path / "new") as stage:
        fill(stage)
        raise error
    assert names(tmp_path) == []


def test_somebody_elses_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "theirs").touch()
    (tmp_path / "file").touch()
    with pytest.raises(Refused, match="not empty"):
        check_destination(tmp_path / "full")
    with pytest.raises(Refused, match="is a file"):
        check_destination(tmp_path / "file")
    with pytest.raises(Refused, match="is a file"):
        check_destination(tmp_path / "file" / "below")


def test_a_race_for_the_destination_leaves_their_files(tmp_path: Path) -> None:
    destination = tmp_path / "new"
    with pytest.raises(Refused, match="somebody else"), staged(destination) as stage:
        fill(stage)
        destination.mkdir()
        (destination / "theirs").touch()
    assert names(destination) == ["theirs"]
    assert names(tmp_path) == ["new"]


def test_a_symlink_to_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    with staged(check_destination(tmp_path / "link")) as stage:
        fill(stage)
    assert (tmp_path / "link").is_symlink()
    assert names(tmp_path / "real") == [".hidden", "folder"]


def test_a_symlink_that_turns_in_circles_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(OutsideFailure):
        check_destination(tmp_path / "loop")


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_read_only_folder_is_an_outside_failure(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    with pytest.raises(OutsideFailure, match="permission"), staged(tmp_path / "new"):
        pass


HOLD = """
import sys, time
from pathlib import Path
from scaffold.creation.publish import staged
with staged(Path(sys.argv[1])) as stage:
    (stage / "half").touch()
    print("holding", flush=True)
    time.sleep(60)
"""


def holder(destination: Path) -> subprocess.Popen[str]:
    """A process that is in the middle of making `destination`."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, destination],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "holding\n"
    return process


@pytest.mark.whole
def test_a_killed_run_is_swept_and_a_living_one_is_not(tmp_path: Path) -> None:
    living, killed = holder(tmp_path / "living"), holder(tmp_path / "killed")
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    assert len(names(tmp_path)) == 2
    sweep(tmp_path)
    assert len(names(tmp_path)) == 1
    living.send_signal(signal.SIGINT)
    living.wait()
    assert names(tmp_path) == []


def test_a_folder_killed_before_its_lock_is_swept_once_it_is_old(tmp_path: Path) -> None:
    outer = tmp_path / f"{PREFIX}abc"
    outer.mkdir()
    sweep(tmp_path)
    assert outer.exists()
    os.utime(outer, (time.time() - 3600,) * 2)
    sweep(tmp_path)
    assert not outer.exists()


SIGNALLED = """
import os, signal, sys
from pathlib import Path
from scaffold.creation import publish
from scaffold.runtime import interrupts

step = getattr(publish, sys.argv[1])

def stopped_after(*arguments):
    result = step(*arguments)
    os.kill(os.getpid(), signal.SIGTERM)
    return result

setattr(publish, sys.argv[1], stopped_after)
interrupts.install()
with publish.staged(Path("a/b/new")) as stage:
    (stage / "file").touch()
"""


@pytest.mark.whole
@pytest.mark.parametrize("step", ["_make_parents", "sweep", "_hold", "_publish"])
def test_a_signal_between_two_steps_leaves_all_or_nothing(tmp_path: Path, step: str) -> None:
    run = subprocess.run(
        [sys.executable, "-c", SIGNALLED, step],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    if step == "_publish":
        assert run.returncode == 0, run.stderr
        assert names(tmp_path / "a" / "b") == ["new"]
        assert names(tmp_path / "a" / "b" / "new") == ["file"]
    else:
        assert run.stderr.splitlines()[-1].endswith("Interrupted")
        assert names(tmp_path) == []
