"""Counts what happened: latencies in a histogram of 0.2 % wide bins, everything else per interval.

Memory does not grow with the number of requests.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scaffold.plan.traffic import Floats

SHORTEST, LONGEST, WIDTH = 1e-3, 1e7, 0.002
BINS = math.ceil(math.log(LONGEST / SHORTEST) / WIDTH)
INTERVALS = 240


def _bins(seconds: Floats) -> NDArray[np.int64]:
    position = np.log(np.maximum(seconds, SHORTEST) / SHORTEST) / WIDTH
    return np.minimum(position, BINS - 1).astype(np.int64)


def quantiles(histogram: NDArray[Any], shares: Sequence[float]) -> list[list[float]]:
    """For each share, per row the seconds below which that share of its latencies lies.

    Not a number for rows that count nothing.
    """
    used = np.flatnonzero(histogram.any(axis=0))
    first, last = (int(used[0]), int(used[-1])) if len(used) else (0, 0)
    counts = np.cumsum(histogram[:, first : last + 1], axis=1, dtype=np.int64)
    return [[_seconds(row, share, first) for row in counts] for share in shares]


def _seconds(counts: NDArray[np.int64], share: float, first: int) -> float:
    total = int(counts[-1])
    if not total:
        return math.nan
    rank = min(max(math.ceil(share * total), 1), total)
    return SHORTEST * math.exp((first + int(counts.searchsorted(rank)) + 0.5) * WIDTH)


@dataclass
class Ledger:
    """What a simulation reports, in total and per interval of `width` seconds."""

    seconds: float
    width: float = field(init=False)
    requests: int = 0
    completed: int = 0
    refused: int = 0
    busy_answers: int = 0
    cold_answers: int = 0
    latency_sum: float = 0.0
    work_sum: float = 0.0

    def __post_init__(self) -> None:
        minutes = max(1, math.ceil(self.seconds / 60 / INTERVALS))
        self.width = minutes * 60.0
        self.count = max(1, math.ceil(self.seconds / self.width))
        self.histogram = np.zeros((self.count, BINS), np.int32)
        self._pending: list[Floats] = []
        self._interval = 0
        self.rows = {
            name: np.zeros(self.count)
            for name in (
                "arrivals",
                "completed",
                "refused",
                "busy",
                "in_flight",
                "waiting",
                "instance_seconds",
                "billed_seconds",
                "samples",
            )
        }

    def at(self, time: float) -> int:
        """The interval of a moment; what happens after the end belongs to the last."""
        return min(int(time / self.width), self.count - 1)

    def add(self, row: str, time: float, amount: float) -> None:
        """Add to one row of the timeline."""
        self.rows[row][self.at(time)] += amount

    def complete(self, time: float, latencies: Floats, work: Floats) -> None:
        """Requests that ended well in the interval of `time`."""
        if not len(latencies):
            return
        if (interval := self.at(time)) != self._interval:
            self.flush()
            self._interval = interval
        self.completed += len(latencies)
        self.latency_sum += float(latencies.sum())
        self.work_sum += float(work.sum())
        self.rows["completed"][interval] += len(latencies)
        self._pending.append(latencies)
        if len(latencies) > 100_000:
            self.flush()

    def refuse(self, time: float, count: int = 1) -> None:
        """Requests whose callers gave up."""
        self.refused += count
        self.add("refused", time, count)

    def flush(self) -> None:
        """Count what was kept back for speed."""
        if self._pending:
            found = np.bincount(_bins(np.concatenate(self._pending)), minlength=BINS)
            self.histogram[self._interval] += found.astype(np.int32)
            self._pending = []

    def billed(self, start: float, end: float) -> None:
        """Spread billed seconds over the intervals they lie in."""
        self._spread("billed_seconds", start, end)

    def active(self, start: float, end: float) -> None:
        """Spread the seconds of an active instance over the intervals they lie in."""
        self._spread("instance_seconds", start, end)

    def _spread(self, row: str, start: float, end: float) -> None:
        end = min(end, self.seconds)
        while start < end:
            interval = self.at(start)
            stop = min(end, (interval + 1) * self.width)
            self.rows[row][interval] += stop - start
            start = stop
