"""The model's large files against the sizes and hashes that chute.py lists.

A commit names the files, but nobody compares a download with it: the hub's client looks at sizes,
and the platform's own check can be out of reach.
"""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from chutekit.serving import logs
from chutekit.serving.lifecycle import StartupError

THREADS = 4
# 65 GB from a slow disk, read once.
SECONDS = 20 * 60


@dataclass(frozen=True)
class Listed:
    """One line of WEIGHTS: `SHA-256 BYTES PATH`, the path relative to the model's folder.

    Where there are several models, the path begins with `OWNER/NAME/` of the one it is of.
    """

    sha256: str
    size: int
    path: str


def read(weights: str) -> list[Listed]:
    """The files listed in WEIGHTS; StartupError when a line is not of its form."""
    listed = []
    for line in filter(None, map(str.strip, weights.splitlines())):
        try:
            sha256, size, path = line.split(maxsplit=2)
            listed.append(Listed(sha256, int(size), path))
        except ValueError:
            raise StartupError("WEIGHTS in chute.py is broken: run make pin.") from None
    return listed


def of(model: str, weights: str) -> str:
    """The lines of one of several models, with paths relative to its folder."""
    begin = f"{model}/"
    listed = (each for each in read(weights) if each.path.startswith(begin))
    return "\n".join(f"{it.sha256} {it.size} {it.path.removeprefix(begin)}" for it in listed)


def check(folder: Path, weights: str) -> None:
    """Compare what was downloaded with WEIGHTS; files that differ are deleted and end start-up.

    Blocks while it reads every listed file. Files that were not downloaded do not count.
    """
    listed_files = read(weights)
    here = [listed for listed in listed_files if (folder / listed.path).is_file()]
    if not here:
        reason = "no listed file is there" if listed_files else "WEIGHTS in chute.py lists none"
        logs.event("weights_unlisted", "warning", reason=reason)
        return
    with ThreadPoolExecutor(THREADS) as pool:
        same = pool.map(lambda listed: _same(folder / listed.path, listed), here)
        wrong = [listed for listed, equal in zip(here, same, strict=True) if not equal]
    if wrong:
        for listed in wrong:
            (folder / listed.path).resolve().unlink()
        raise StartupError(
            f"{len(wrong)} files are not those that WEIGHTS in chute.py lists, {wrong[0].path} for "
            "one. They were deleted and the next start downloads them again; if the commit was "
            "changed by hand, run make pin."
        )
    logs.event("weights_checked", files=len(here), bytes=sum(listed.size for listed in here))


def _same(path: Path, listed: Listed) -> bool:
    if path.stat().st_size != listed.size:
        return False
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == listed.sha256
