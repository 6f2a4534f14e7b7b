"""Which instances a deployment replaces: as long as they are there, the old version answers.

The platform does not say which version an instance runs, but it replaces all of those that were
there before.
"""

from __future__ import annotations

import json
from typing import Any

from ops.report import STATE


def remember(variant: str, chute: dict[str, Any]) -> None:
    """Note the instances that a chute has before it is deployed again."""
    STATE.mkdir(exist_ok=True)
    (STATE / f"replaced-{variant}.json").write_text(json.dumps(sorted(_instances(chute))))


def still_there(chute: dict[str, Any] | None, variant: str) -> int:
    """Count the instances of before the last deployment that are still there."""
    path = STATE / f"replaced-{variant}.json"
    before = json.loads(path.read_text()) if path.is_file() else []
    return len(_instances(chute or {}) & set(before))


def _instances(chute: dict[str, Any]) -> set[str]:
    return {instance["instance_id"] for instance in chute.get("instances") or []}
