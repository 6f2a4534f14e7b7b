"""What a pipeline of diffusers does, by its class: `pipelines.yml`."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml


def tasks(name: str) -> tuple[str, ...]:
    """The tasks of workload image that a class can do, the usual one first.

    None of them for films and sounds; what nobody has heard of makes pictures.
    """
    table = _table()
    if name.startswith((*table["films"], *table["sounds"])):
        return ()
    if name in table["both"]:
        return "generate", "edit"
    return ("edit",) if name in table["edit"] else ("generate",)


def refusal(name: str, task: str | None) -> str:
    """Why a class cannot serve, in one sentence; empty when it can.

    `task` is what somebody wants of it, None for whatever it does.
    """
    can = tasks(name)
    if not can:
        return f"makes no pictures: it is a {name}"
    if task is not None and task not in can:
        does = "changes pictures" if can[0] == "edit" else "makes pictures"
        return f"{does} ({name}): its task is {' or '.join(can)}, not {task}"
    return ""


@cache
def _table() -> dict[str, Any]:
    table: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("pipelines.yml").read_bytes())
    return table
