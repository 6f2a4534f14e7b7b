"""What the commands note under .chute/ for one another, each file whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

STATE = Path(".chute")


def store(path: Path, document: dict[str, Any]) -> None:
    """Write a JSON document, replacing what is there only once it is written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".new")
    beside.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    beside.replace(path)
