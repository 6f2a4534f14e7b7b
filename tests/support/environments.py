"""The environment of generated repositories: made by `make setup` once for each lock, then linked.

Every repository with the same `requirements/dev.lock` gets the same files, so a copy of hard links
is what another `make setup` would make, in a second. Only scripts name the folder they are in.
"""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from support.machine import need, path_with_uv
from support.shared import once


def set_up(repository: Path, shared: Path) -> None:
    """Make what `make setup` makes in a generated repository."""
    lock = (repository / "requirements" / "dev.lock").read_bytes()
    here = repository / ".venv"

    def make(kept: Path) -> None:
        need("make")
        environment = {**os.environ, "PATH": path_with_uv(repository.with_suffix(".tools"))}
        subprocess.run(
            ["make", "setup"], cwd=repository, env=environment, check=True, capture_output=True
        )
        _link(here, kept)

    kept = once(shared / f"environment-{hashlib.sha256(lock).hexdigest()[:12]}", make)
    if not here.exists():
        _link(kept, here)


def _link(source: Path, target: Path) -> None:
    """The same environment in another place."""
    shutil.copytree(source, target, symlinks=True, copy_function=os.link)
    for script in (target / "bin").iterdir():
        if script.is_symlink() or not script.is_file():
            continue
        text = script.read_bytes()
        if str(source).encode() in text:
            mode = script.stat().st_mode
            script.unlink()  # the other one stays as it is
            script.write_bytes(text.replace(str(source).encode(), str(target).encode()))
            script.chmod(mode)
