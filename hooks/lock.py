"""Every lock of this repository: its own, its site's, and those that ship with the template."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

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
        # Of those, what the tool needs: no other versions.
        Lock(
            ROOT,
            "requirements-run.in",
            "requirements-run.lock",
            (*ANYWHERE, "--constraint", "requirements.lock"),
        ),
        Lock(ROOT, "docs/site/requirements.in", "docs/site/requirements.lock", ANYWHERE),
        Lock(PROJECT, "requirements/dev.in", "requirements/dev.lock", ANYWHERE),
        *(
            Lock(source.parent.parent, "requirements/image.in", "requirements/image.lock", IMAGE)
            for source in sorted(PROJECT.glob("*/requirements/image.in*"))
        ),
    ]


def refresh(check: bool) -> list[Path]:
    """Write the locks and their constraints; the locks that changed.

    With `check` they keep what fits: only what no longer follows from its source changes.
    """
    return [lock.path for lock in locks() if compiled(lock, upgrade=not check)]


@contextmanager
def source_of(lock: Lock) -> Iterator[None]:
    """The source as a file; a template, to whose end answers add, is one without them meanwhile."""
    template = lock.folder / f"{lock.source}.jinja"
    if not template.is_file():
        yield
        return
    source = lock.folder / lock.source
    source.write_text(template.read_text().partition("{%")[0])
    try:
        yield
    finally:
        source.unlink()


def compiled(lock: Lock, *, upgrade: bool) -> bool:
    """Write one lock and its constraints; True when the lock changed."""
    before = lock.path.read_bytes() if lock.path.is_file() else b""
    with source_of(lock):
        compile_lock(lock.folder, lock.source, lock.lock, lock.target, upgrade=upgrade)
    if lock.target is IMAGE:
        text = constraints(lock.path.read_text())
        lock.path.with_name("constraints.txt").write_text(text)
    return lock.path.read_bytes() != before
