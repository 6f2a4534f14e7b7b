"""All or nothing: builds beside the destination and moves it there in one step.

The hidden folder is a sibling of the destination, so that the last step is a rename on one file
system. Its lock tells a run that is at work from one that was killed, whose folder the next run
sweeps away.
"""

import contextlib
import errno
import fcntl
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from scaffold.errors import OutsideFailure, Refused, reason
from scaffold.runtime import interrupts, progress

PREFIX = ".chute-new-"
_LOCK = "lock"
_LOCKLESS_SECONDS = 5


@contextlib.contextmanager
def staged(destination: Path) -> Iterator[Path]:
    """A hidden folder to fill; published as `destination` unless the block raises.

    Only the block is interrupted by signals, not what comes before and after it.
    """
    parent = destination.parent
    with interrupts.deferred(), _parents(parent), _hidden(parent) as outer:
        try:
            stage = outer / destination.name
            stage.mkdir()
            with interrupts.allowed():
                yield stage
            with progress.step("publish"):
                _publish(stage, destination)
        except OSError as error:
            raise OutsideFailure(f"could not write {destination}: {reason(error)}") from error
        interrupts.outcome = f"{destination} is complete"


@contextlib.contextmanager
def _parents(folder: Path) -> Iterator[None]:
    """Makes `folder`, and what was made of it goes again when the block raises."""
    made = _make_parents(folder)
    try:
        yield
    except BaseException:
        for each in made:
            with contextlib.suppress(OSError):
                each.rmdir()
        raise


@contextlib.contextmanager
def _hidden(parent: Path) -> Iterator[Path]:
    """A locked folder, gone after the block; those of killed runs go first."""
    sweep(parent)
    with contextlib.ExitStack() as after:
        try:
            folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
            after.callback(shutil.rmtree, folder, ignore_errors=True)
            after.callback(os.close, _hold(folder))
        except OSError as error:
            raise OutsideFailure(f"cannot write in {parent}: {reason(error)}") from error
        yield folder


def sweep(parent: Path) -> None:
    """Remove what killed runs left in `parent`."""
    for outer in parent.glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):
            if not (outer / _LOCK).exists():
                # Killed, or about to make its lock this very moment.
                if time.time() - outer.stat().st_mtime > _LOCKLESS_SECONDS:
                    shutil.rmtree(outer, ignore_errors=True)
                continue
            lock = os.open(outer / _LOCK, os.O_RDWR)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(outer, ignore_errors=True)
            finally:
                os.close(lock)


def _hold(outer: Path) -> int:
    lock = os.open(outer / _LOCK, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    return lock


def _publish(stage: Path, destination: Path) -> None:
    if destination.is_dir():
        stage.chmod(stat.S_IMODE(destination.stat().st_mode))
        if destination == Path.cwd():
            _fill(stage, destination)
            return
    try:
        stage.rename(destination)
    except OSError as error:
        if error.errno in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR):
            raise Refused(f"{destination} was made by somebody else meanwhile") from error
        if error.errno not in (errno.EBUSY, errno.EXDEV):
            raise
        _fill(stage, destination)  # a mount point can be filled, not replaced


def _fill(stage: Path, destination: Path) -> None:
    """Move the entries of `stage` into an empty folder that must stay the same folder.

    Replacing the current directory would leave the user's shell in a deleted one.
    """
    if any(destination.iterdir()):
        raise Refused(f"{destination} was filled by somebody else meanwhile")
    moved: list[Path] = []
    try:
        for entry in sorted(stage.iterdir()):
            moved.append(destination / entry.name)
            shutil.move(entry, moved[-1])
    except BaseException:
        for path in moved:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
        raise


def _make_parents(folder: Path) -> list[Path]:
    """Make `folder`; returns what was made, deepest first, to be undone after a failure."""
    made = []
    missing = folder
    while not missing.exists():
        made.append(missing)
        missing = missing.parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutsideFailure(f"cannot make {folder}: {reason(error)}") from error
    return made
