"""The folder of the repository: room, rights, and the .venv that is there."""

import os
import tempfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from scaffold import foreign
from scaffold.doctor import kit
from scaffold.doctor.finding import BUILD, DEPLOY, DEV, SETUP, TARGETS, TEST, Finding
from scaffold.doctor.machine import Machine

AFTER_SETUP = (TEST, DEV, BUILD, DEPLOY)
# A .venv had 336 MB in 14,600 files, in November 2026; the rest is for what unpacks it.
ROOM_MB = 500
FILES = 20_000
_STAMP_BYTES, _LOCK_BYTES = 10_000, 10 * 2**20


def findings(machine: Machine) -> Iterator[Finding]:
    """What is wrong with where the repository is."""
    folder = machine.folder
    if not os.access(folder, os.W_OK | os.X_OK):
        remedy = f"Make it yours: sudo chown -R {os.geteuid()} {folder}"
        yield Finding("read-only", f"{folder} cannot be written to", remedy, TARGETS)
    yield from _disk(machine)
    try:
        tempfile.gettempdir()
    except OSError:
        message = "there is no folder for temporary files"
        yield Finding("temporary", message, "export TMPDIR=/a/folder/of/yours", TARGETS)
    yield from _environment(folder)


def _disk(machine: Machine) -> Iterator[Finding]:
    folder = machine.folder
    state = os.statvfs(folder)
    if state.f_flag & getattr(os, "ST_NOEXEC", 0):
        message = f"{folder} is on a disk from which nothing may be run (noexec)"
        yield Finding("noexec", message, "Move the repository to another disk.", TARGETS)
    if (folder / ".venv").is_dir():
        return  # what it needs is there already
    free = state.f_bavail * state.f_frsize // 2**20
    if free < ROOM_MB:
        message = f"{free} MB are free in {folder}, and .venv needs {ROOM_MB}"
        yield Finding("disk", message, "Make room, or move the repository.", (SETUP,))
    if state.f_files and state.f_favail < FILES:
        message = f"{state.f_favail} files can be made in {folder}, and .venv has more"
        yield Finding("inodes", message, "Make room, or move the repository.", (SETUP,))


def _environment(folder: Path) -> Iterator[Finding]:
    """Of a .venv that is there; one that is not is what `make setup` is for."""
    setup = kit.module("setup")
    here = folder / setup.VENV
    if not here.is_dir():
        return
    if not os.access(here, os.W_OK):
        remedy = f"Make it yours: sudo chown -R {os.geteuid()} {here}"
        yield Finding("venv-owner", f"{here} is not yours to write to", remedy, (SETUP,))
    if not (here / "bin" / "python").exists():
        message = f"the Python that {here} was made with is gone"
        yield Finding("venv-python", message, "make setup", AFTER_SETUP)
        return
    try:
        stamp = foreign.content(folder / setup.STAMP, _STAMP_BYTES).decode()
        lock = sha256(foreign.content(folder / setup.LOCK, _LOCK_BYTES)).hexdigest()
    except (OSError, ValueError):
        message = f"{here} was not finished, or not made by make setup"
        yield Finding("venv-unfinished", message, "make setup")
        return
    # What setup.py writes there: the lock's hash, the version of Python, the folder.
    wanted, _, place = stamp.partition(" ")
    made_for = place.partition(" ")[2]
    if made_for != str(folder):
        message = f"{here} was made when the repository was at {made_for}"
        yield Finding("venv-moved", message, "make setup", AFTER_SETUP)
    elif wanted != lock:
        message = f"{setup.LOCK} has changed since {here} was made"
        yield Finding("venv-stale", message, "make setup")
