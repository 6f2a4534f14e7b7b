"""What was last sent to be deployed, noted before it is sent.

A command can be ended at any moment, and what it sent may take effect afterwards. From the note
the next command knows that something may still be under way, what a rollback was going back to,
and which instances run what was there before.
"""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from chutekit.ops.live import Live
from chutekit.ops.state import STATE, store

#: No request of ours outlives the platform's ingress, which gives up after 600 s.
LONGEST_SECONDS = 600


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


def note(variant: str, step: str, found: Live | None, image_id: str, code: str) -> None:
    """Note what is about to be sent."""
    instances = sorted(str(one["instance_id"]) for one in found.instances) if found else []
    before = found.version if found else ""
    last = read(variant)
    contested = last is not None and last.contests(image_id, code)
    now = time.time()
    _write(variant, Sent(step, before, instances, image_id, code, now, contested=contested))


def arrived(variant: str) -> None:
    """Note that the platform has what was sent last."""
    last = read(variant)
    if last and not last.arrived:
        _write(variant, replace(last, arrived=True))


def forget(variant: str, former: Sent | None) -> None:
    """Take the last note back: the platform refused it, so what was there before still counts."""
    if former:
        _write(variant, former)
    else:
        _path(variant).unlink(missing_ok=True)


def read(variant: str) -> Sent | None:
    """Return what was sent last, None when nothing was or its note cannot be read."""
    try:
        return Sent(**json.loads(_path(variant).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _write(variant: str, sent: Sent) -> None:
    store(_path(variant), asdict(sent))


def _path(variant: str) -> Path:
    return STATE / f"sent-{variant}.json"
