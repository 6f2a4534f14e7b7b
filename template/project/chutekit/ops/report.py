"""The smoke reports under .chute/, and when one of them allows a promotion."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from chutekit.ops.declared import Declared
from chutekit.ops.errors import REFUSED, Problem
from chutekit.ops.patience import seconds
from chutekit.ops.state import STATE, store

AGAIN = "Run: make smoke-staging"


def write(variant: str, report: dict[str, Any]) -> Path:
    """Store a report with the time it was made, UTC seconds."""
    path = _path(variant)
    store(path, {"time": time.time(), **report})
    return path


def discard(variant: str) -> None:
    """Forget the last report, so that a test cut short does not leave an older one standing."""
    _path(variant).unlink(missing_ok=True)


def read(variant: str) -> dict[str, Any] | None:
    """Return the last report, None when there is none that can be read."""
    try:
        report = json.loads(_path(variant).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return report if isinstance(report, dict) else None


def require_green(prod: Declared) -> dict[str, Any]:
    """Return the staging report; Problem unless it is green, recent and about this version."""
    report = read("staging")
    if report is None:
        raise Problem("Staging was not smoke-tested.", AGAIN, REFUSED)
    if report.get("ok") is not True:
        raise Problem("The smoke test of staging failed.", f"Mend it first. {AGAIN}", REFUSED)
    tested = (report.get("code_sha256"), report.get("image_id"))
    if tested != (prod.code_sha256, prod.image_id):
        raise Problem(
            "Staging was smoke-tested with other code or another image than is here now.",
            "Run: make build deploy-staging smoke-staging",
            REFUSED,
        )
    age = time.time() - float(report.get("time", 0))
    if not 0 <= age + 60 <= seconds("OPS_REPORT_SECONDS") + 60:
        raise Problem(f"The smoke test of staging is {age / 3600:.0f} h old.", AGAIN, REFUSED)
    return report


def _path(variant: str) -> Path:
    return STATE / f"smoke-{variant}.json"
