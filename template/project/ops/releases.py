"""The versions that were in production before, kept under .chute/releases/ for going back."""

from __future__ import annotations

import json
import shutil
import subprocess
import tarfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from ops.declared import MODULE, code_sha256
from ops.deployment import Live
from ops.errors import USAGE, Problem
from ops.report import STATE

FOLDER = STATE / "releases"


@dataclass(frozen=True)
class Release:
    """One version of the production chute that served before another replaced it."""

    version: str
    image_id: str
    code: str
    commit: str
    time: float


def remember(found: Live) -> Release:
    """Keep what is in production now, before it is replaced."""
    release = Release(
        found.version, found.image_id, found.code, commit_of(found.code_sha256), time.time()
    )
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / f"{release.version}.json"
    path.write_text(json.dumps(asdict(release), indent=2) + "\n", encoding="utf-8")
    return release


def newest(without: str) -> Release | None:
    """Return the version that was replaced last, other than the one named."""
    found = [Release(**json.loads(path.read_text())) for path in FOLDER.glob("*.json")]
    others = [release for release in found if release.version != without]
    return max(others, key=lambda release: release.time, default=None)


def commit_of(sha256: str) -> str:
    """Return the newest commit whose chute.py has that digest, nothing when there is none."""
    for commit in _git("log", "--format=%H", "--max-count=500", "--", str(MODULE)).split():
        if code_sha256(_git("show", f"{commit}:{MODULE}")) == sha256:
            return commit
    return ""


def commit(name: str) -> str:
    """Return the full name of a commit; Problem when there is none."""
    found = _git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    if not found:
        raise Problem(f"There is no commit {name} in this repository.", "See: git log", USAGE)
    return found.strip()


def lay_out(commit: str, folder: Path, code: str = "") -> None:
    """Put a version's files into a folder: those of its commit, without one those of today.

    The image's tag stands in chute.py and follows from the files in the image, so the support
    code of the commit, or of today for want of it, is only there to be imported.
    """
    if commit:
        archive = folder / "archive.tar"
        _git("archive", "--format=tar", f"--output={archive.resolve()}", commit)
        with tarfile.open(archive) as files:
            files.extractall(folder, filter="data")
        archive.unlink()
    else:
        skipped = shutil.ignore_patterns(".git", ".venv", STATE.name, "__pycache__")
        shutil.copytree(".", folder, ignore=skipped, dirs_exist_ok=True)
    if code:
        (folder / MODULE).write_text(code, encoding="utf-8")


def _git(*arguments: str) -> str:
    try:
        done = subprocess.run(["git", *arguments], capture_output=True, text=True, encoding="utf-8")
    except OSError:
        return ""
    return done.stdout if done.returncode == 0 else ""
