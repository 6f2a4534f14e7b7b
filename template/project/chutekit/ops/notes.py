"""What the commands note under .chute/ for one another: whose turn it is, what was last sent.

A command can be ended at any moment, and what it sent may take effect afterwards. From its note,
made before it sends, the next command knows that something may still be under way, what a rollback
was going back to, and which instances run what was there before.
"""

from __future__ import annotations

import fcntl
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from chutekit.ops.command import REFUSED, Problem, comes_true, say, seconds
from chutekit.ops.live import Live

STATE = Path(".chute")
#: No request of ours outlives the platform's ingress, which gives up after 600 s.
LONGEST_SECONDS = 600


def store(path: Path, document: dict[str, Any], *, indent: int | None = 2) -> None:
    """Write a JSON document, replacing what is there only once it is written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".new")
    beside.write_text(json.dumps(document, indent=indent) + "\n", encoding="utf-8")
    beside.replace(path)


def load(path: Path) -> dict[str, Any] | None:
    """Return a JSON document, None when there is none that can be read."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return document if isinstance(document, dict) else None


@contextmanager
def turn() -> Iterator[int]:
    """Wait for the others, then hold the lock; yields its file descriptor for the SDK's process.

    That process inherits the lock: where its command was killed and it goes on alone, the next
    command waits for it instead of reading a state that is about to change.
    """
    STATE.mkdir(exist_ok=True)
    with (STATE / "turn.lock").open("w") as file:
        lock = file.fileno()
        if not _acquired(lock):
            say("Another command of this repository is still deploying; waiting for it.")
            if not comes_true(seconds("OPS_DEPLOY_SECONDS"), lambda: _acquired(lock)):
                raise Problem(
                    "Another command of this repository is still deploying.",
                    "Wait for it, or end it; then run this again.",
                    REFUSED,
                )
        yield lock


def _acquired(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@dataclass(frozen=True)
class Sent:
    """One deployment: by which step, over what, and whether it was seen to have happened."""

    step: str
    #: The version and the instances that were there before; no version for a first deployment.
    before: str
    instances: list[str]
    image_id: str
    code: str
    time: float
    arrived: bool = False
    #: Whether something else sent before this may still arrive after it.
    contested: bool = False

    @property
    def under_way(self) -> bool:
        """Whether it may still take effect although nobody saw it."""
        return not self.arrived and time.time() - self.time < LONGEST_SECONDS

    def contests(self, image_id: str, code: str) -> bool:
        """Tell whether anything but that code on that image may still take effect."""
        other = (self.image_id, self.code) != (image_id, code)
        return self.under_way and (other or self.contested)

    def still_answering(self, found: Live | None) -> int:
        """Count the instances of before that are there although another version replaced theirs.

        The platform does not say which version an instance runs, but it replaces all of them.
        """
        if found is None or found.version == self.before:
            return 0
        return len({str(one["instance_id"]) for one in found.instances} & set(self.instances))


def sending(variant: str, step: str, found: Live | None, image_id: str, code: str) -> None:
    """Note what is about to be sent."""
    instances = sorted(str(one["instance_id"]) for one in found.instances) if found else []
    before = found.version if found else ""
    last = sent(variant)
    contested = last is not None and last.contests(image_id, code)
    now = time.time()
    _write(variant, Sent(step, before, instances, image_id, code, now, contested=contested))


def arrived(variant: str) -> None:
    """Note that the platform has what was sent last."""
    last = sent(variant)
    if last and not last.arrived:
        _write(variant, replace(last, arrived=True))


def forget(variant: str, former: Sent | None) -> None:
    """Take the last note back: the platform refused it, so what was there before still counts."""
    if former:
        _write(variant, former)
    else:
        _path(variant).unlink(missing_ok=True)


def sent(variant: str) -> Sent | None:
    """Return what was sent last, None when nothing was or its note cannot be read."""
    try:
        return Sent(**(load(_path(variant)) or {}))
    except TypeError:
        return None


def _write(variant: str, last: Sent) -> None:
    store(_path(variant), asdict(last))


def _path(variant: str) -> Path:
    return STATE / f"sent-{variant}.json"
