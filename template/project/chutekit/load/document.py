"""The report for programs, `.chute/load.json`. No prompt and no secret is in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from chutekit import __version__
from chutekit.load.figures import figures
from chutekit.load.outcome import COLUMNS, Outcome
from chutekit.load.schedule import Stage

#: What it is, for whoever reads it; the number grows where an older reader would misread it.
FORMAT = "chute-load/1"
#: A sender that is late for 1 of 100 requests by more than this, or by this share of an answer,
#: measures itself.
LATE_SECONDS, LATE_SHARE = 0.02, 0.05


@dataclass
class Report:
    """A run: when it began, what was asked, against what, what it cost, and what came of it."""

    time: float
    asked: dict[str, Any]
    target: dict[str, Any]
    cost: dict[str, Any]
    stages: list[Stage] = field(default_factory=list)
    #: Seconds since the first stage at which each began.
    begins: list[float] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    stopped: str = ""
    found: dict[str, Any] | None = None
    reached: bool | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the document."""
        return {
            "format": FORMAT,
            "chutekit": __version__,
            "time": self.time,
            "asked": self.asked,
            "target": self.target,
            "cost": self.cost,
            "stopped": self.stopped or None,
            "found": self.found,
            "reached": self.reached,
            "figures": figures(self.outcomes, sum(stage.seconds for stage in self.stages)),
            "stages": [self.stage(place) for place in range(len(self.stages))],
            "requests": {
                "columns": COLUMNS,
                "rows": [outcome.row() for outcome in self.outcomes],
            },
        }

    def stage(self, place: int) -> dict[str, Any]:
        """Return what the document says of a stage."""
        stage = self.stages[place]
        mine = [outcome for outcome in self.outcomes if outcome.stage == place]
        return {
            "begins_s": round(self.begins[place], 3),
            "seconds": stage.seconds,
            "rate": {"begin": stage.begin, "end": stage.end},
            "figures": figures(mine, stage.seconds),
        }


def late(whole: dict[str, Any]) -> float:
    """Return by how much the sender itself was late, in seconds; 0 when it does not matter."""
    lateness, answer = whole["late_s"], whole["whole_s"]
    if not lateness:
        return 0.0
    typical = (answer or {}).get("p50", {}).get("value") or 0.0
    found = lateness["p99"]["value"] or 0.0
    return float(found) if found > max(LATE_SECONDS, LATE_SHARE * typical) else 0.0


def rate_of(stages: Sequence[dict[str, Any]]) -> list[float]:
    """Return the rate at which each stage of a document sent, on average."""
    return [(stage["rate"]["begin"] + stage["rate"]["end"]) / 2 for stage in stages]
