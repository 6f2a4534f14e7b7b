"""What a model's name says that it does: `names.yml`, for when nobody can be asked about it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

# What models of a workload are for.
WORK = {"llm": "texts", "image": "pictures", "speech": "recordings"}


@dataclass(frozen=True)
class Kind:
    """What such models do, in words, and their tasks by workload, the usual one first."""

    words: re.Pattern[str]
    does: str
    tasks: Mapping[str, tuple[str, ...]]


def kind(model: str) -> Kind | None:
    """The kind of `owner/name`; None when its name says nothing."""
    return next((each for each in _kinds() if each.words.search(model)), None)


def refusal(model: str, task: str | None, workload: str) -> str:
    """Why its name speaks against it, in one sentence; empty when it does not.

    `task` is what somebody wants of it, None for whatever it does for that workload.
    """
    found = kind(model)
    if found is None:
        return ""
    can = found.tasks.get(workload, ())
    if not can:
        return f"is no model for {WORK[workload]}: by its name {model} {found.does}"
    if task and task not in can:
        return f"{found.does}, by its name: its task is {' or '.join(can)}, not {task}"
    return ""


@cache
def _kinds() -> tuple[Kind, ...]:
    listed = yaml.safe_load(Path(__file__).with_name("names.yml").read_bytes())
    return tuple(
        Kind(
            re.compile(rf"/(.*[^a-z0-9])?({each['words']})(?![a-z])", re.IGNORECASE),
            each["does"],
            {workload: tuple(tasks) for workload, tasks in each["tasks"].items()},
        )
        for each in listed
    )
