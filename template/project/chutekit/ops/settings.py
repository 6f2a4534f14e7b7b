"""What the commands need to know about this chute beyond what chute.py declares.

It stands in pyproject.toml, under `[tool.chutekit]`.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from chutekit.ops.errors import NO, Problem

PROJECT = Path("pyproject.toml")


@dataclass(frozen=True)
class Settings:
    """The table, key by key."""

    #: Environment variables that the chute's instances get as secrets.
    secrets: list[str]
    #: The module with what the smoke test sends to this chute.
    probes: str
    #: US dollars per hour and GPU; a dated estimate.
    usd_per_hour: dict[str, float]


def settings() -> Settings:
    """Read the table from the current directory."""
    try:
        table = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["tool"]["chutekit"]
        return Settings(**table)
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise Problem(
            f"{PROJECT} has no complete table [tool.chutekit]: {error}",
            "It needs secrets, probes and usd_per_hour, and nothing else.",
            NO,
        ) from error
