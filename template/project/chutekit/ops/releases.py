"""The versions that were in production before, kept under .chute/releases/ for going back."""

from __future__ import annotations

import json
import shutil
import subprocess
import tarfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from chutekit.ops.children import environment
from chutekit.ops.command import USAGE, Problem, wait
from chutekit.ops.declared import MODULE, Declared
from chutekit.ops.live import Live
from chutekit.ops.notes import STATE, sent, store
from chutekit.ops.platform import Platform

FOLDER = STATE / "releases"


@dataclass(frozen=True)
class Release:
    """One version of the production chute that served before another replaced it."""

    version: str
    image_id: str
    code: str
    commit: str
    time: float


def remember(platform: Platform, wanted: Declared, found: Live) -> Release:
    """Keep what is in production now, before it is replaced.

    Its text is looked for here first, since the platform's own copy may be minutes old.
    """
    commit, code = next(_known(found), ("", ""))
    if not code:
        code = _told(platform, wanted, found)
    release = Release(found.version, found.image_id, code, commit, time.time())
    store(FOLDER / f"{release.version}.json", asdict(release))
    return release


def named(version: str) -> Release | None:
    """Return the version of that name."""
    return next((release for release in _all() if release.version == version), None)


def newest(without: Live) -> Release | None:
    """Return the version that was replaced last, other than what is live."""
    others = [
        release
        for release in _all()
        if release.image_id != without.image_id or not without.has_code(release.code)
    ]
    return max(others, key=lambda release: release.time, default=None)


def commit_of(code: str) -> str:
    """Return the newest commit whose chute.py has that text, nothing when there is none."""
    return next((commit for commit, text in _committed() if text == code), "")


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


def _known(found: Live) -> Iterator[tuple[str, str]]:
    """Find what is live among all texts that are known here: commit, if any, and text."""
    last = sent("prod")
    texts = [last.code] if last else []
    texts += [release.code for release in _all()]
    for code in texts:
        if found.has_code(code):
            yield commit_of(code), code
    for commit, code in _committed():
        if found.has_code(code):
            yield commit, code


def _told(platform: Platform, wanted: Declared, found: Live) -> str:
    """Ask the platform for the text until its answer belongs to the version that is live."""
    code = ""

    def look() -> tuple[bool, str]:
        nonlocal code
        code = platform.code(wanted.chute_id) or ""
        return found.has_code(code), "not yet shown by the platform"

    hint = "Without it nobody could go back to this version. Run the command again."
    wait(f"the code of {wanted.name}", "OPS_CACHE_SECONDS", look, hint)
    return code


def _all() -> list[Release]:
    return [Release(**json.loads(path.read_text())) for path in FOLDER.glob("*.json")]


def _committed() -> Iterator[tuple[str, str]]:
    """Yield the commits that changed chute.py with its text there, the newest first."""
    for commit in _git("log", "--format=%H", "--max-count=500", "--", str(MODULE)).split():
        yield commit, _git("show", f"{commit}:{MODULE}")


def _git(*arguments: str) -> str:
    try:
        done = subprocess.run(
            ["git", *arguments],
            env=environment(),
            capture_output=True,
            text=True,
            encoding="utf-8",
        )
    except OSError:
        return ""
    return done.stdout if done.returncode == 0 else ""
