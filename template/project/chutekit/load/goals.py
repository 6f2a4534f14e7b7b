"""What the percentiles shall be, such as `p95=10`, and the highest rate at which they are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

_FORM = re.compile(r"(?:(?P<what>first|between|whole)\.)?(?P<share>p50|p90|p95|p99)=(?P<most>.+)\Z")
_MEASURE = {"first": "first_token_s", "between": "between_tokens_s", "whole": "whole_s"}
#: The highest rate that does and the lowest that does not are at most this far apart in the end.
NEAR = 1.15
ROUNDS = 10


@dataclass(frozen=True)
class Goal:
    """A percentile of a measure that shall be at most so many seconds; `text` as it was written."""

    text: str
    measure: str
    share: str
    most: float

    @classmethod
    def read(cls, text: str) -> Goal:
        """Return what the text says; ValueError with a sentence when it says none."""
        found = _FORM.match(text.strip())
        try:
            most = float(found["most"]) if found else 0.0
        except ValueError:
            most = 0.0
        if not found or not 0 < most < float("inf"):
            raise ValueError(f"{text!r} is no goal: p95=10, first.p95=0.5 or between.p50=0.02")
        return cls(text.strip(), _MEASURE[found["what"] or "whole"], found["share"], most)

    def reached(self, figures: dict[str, Any]) -> bool:
        """Tell whether figures are within it."""
        value = ((figures[self.measure] or {}).get(self.share) or {}).get("value")
        return value is not None and value <= self.most


def all_reached(goals: list[Goal], failed_share: float, figures: dict[str, Any]) -> bool:
    """Tell whether figures are within all goals, and no more requests failed than may."""
    return figures["failed_share"] <= failed_share and all(goal.reached(figures) for goal in goals)


@dataclass
class Search:
    """Looks for the highest rate that does: twice the last one until one does not, then between.

    A generator of rates that is told of each whether it did.
    """

    begin: float
    highest: float = 0.0
    lowest_failed: float = float("inf")
    tried: list[tuple[float, bool]] = field(default_factory=list)

    def rates(self) -> Iterator[float]:
        """Yield the next rate to try; `tell` must be called before the one after it."""
        while len(self.tried) < ROUNDS and self.lowest_failed > self.highest * NEAR:
            if not self.tried:
                yield self.begin
            elif self.lowest_failed == float("inf"):
                yield self.highest * 2
            elif not self.highest:
                yield self.lowest_failed / 2
            else:
                yield (self.highest * self.lowest_failed) ** 0.5

    def tell(self, rate: float, did: bool) -> None:
        """Note whether a rate did."""
        self.tried.append((rate, did))
        if did:
            self.highest = max(self.highest, rate)
        else:
            self.lowest_failed = min(self.lowest_failed, rate)

    def found(self) -> dict[str, Any]:
        """Return the highest rate that did, None where none did, and the lowest that did not."""
        failed = self.lowest_failed
        return {
            "rate": round(self.highest, 4) or None,
            "failed_at": None if failed == float("inf") else round(failed, 4),
            "tried": [{"rate": round(rate, 4), "reached": did} for rate, did in self.tried],
        }
