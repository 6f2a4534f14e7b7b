"""Refresh every lock of this repository: its own, and those that ship with the template.

    python hooks/lock.py [--check]

`--check` keeps what fits and exits 1 when a lock no longer follows from its source.
"""

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

from scaffold.errors import Stop
from scaffold.pins.locks import ANYWHERE, IMAGE, compile_lock, constraints

ROOT = Path(__file__).parent.parent
PROJECT = ROOT / "template" / "project"


@dataclass(frozen=True)
class Lock:
    """One lock: the folder commands run in, the source and the lock in it, for which machines."""

    folder: Path
    source: str
    lock: str
    target: tuple[str, ...]

    @property
    def path(self) -> Path:
        """Where the lock is."""
        return self.folder / self.lock


def locks() -> list[Lock]:
    """All locks, those of the image last because they take longest."""
    return [
        Lock(ROOT, "requirements.in", "requirements.lock", ANYWHERE),
        Lock(PROJECT, "requirements/dev.in", "requirements/dev.lock", ANYWHERE),
        *(
            Lock(source.parent.parent, "requirements/image.in", "requirements/image.lock", IMAGE)
            for source in sorted(PROJECT.glob("*/requirements/image.in"))
        ),
    ]


def refresh(lock: Lock, *, check: bool) -> bool:
    """Write the lock and its constraints; True when the lock changed."""
    before = lock.path.read_bytes() if lock.path.is_file() else b""
    compile_lock(lock.folder, lock.source, lock.lock, lock.target, upgrade=not check)
    if lock.target is IMAGE:
        text = constraints(lock.path.read_text())
        lock.path.with_name("constraints.txt").write_text(text)
    return lock.path.read_bytes() != before


def main() -> int:
    """Refresh all locks; return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--check", action="store_true", help="exit 1 when a lock does not fit")
    check = parser.parse_args().check
    changed = []
    for lock in locks():
        try:
            if refresh(lock, check=check):
                changed.append(lock)
        except Stop as stop:
            print(f"error: {stop.message}", file=sys.stderr)
            return stop.code
    for lock in changed:
        print(f"{lock.path.relative_to(ROOT)} changed")
    return 1 if check and changed else 0


if __name__ == "__main__":
    sys.exit(main())
