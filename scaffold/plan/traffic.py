"""When requests arrive and how much work each brings, in slices of one minute.

A slice is drawn from its own counters of the seed, never from what the simulated platform did:
all settings of a search meet the very same requests, and differences between them are real.
"""

import csv
import json
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scaffold.errors import BadUsage, Problem

SLICE_SECONDS = 60.0
MAX_RECORDED = 50_000_000
Floats = NDArray[np.float64]
Rate = Callable[[Floats], Floats]


@dataclass(frozen=True)
class Duration:
    """Seconds one request keeps a slot: `kind` around `mean`, `cv` its relative spread."""

    mean: float
    kind: str = "lognormal"
    cv: float = 0.5
    values: Floats | None = None

    def draw(self, count: int, rng: np.random.Generator) -> Floats:
        """`count` durations."""
        if self.values is not None:
            return rng.choice(self.values, count)
        if self.kind == "constant" or self.cv == 0:
            return np.full(count, self.mean)
        if self.kind == "exponential":
            return rng.exponential(self.mean, count)
        variance = math.log(1 + self.cv**2)
        return rng.lognormal(math.log(self.mean) - variance / 2, math.sqrt(variance), count)


@dataclass(frozen=True)
class Traffic:
    """Requests over `hours`; `rate` is per second at a time in seconds, `peak` its maximum.

    `before` is the rate just before it begins, where it is cut out of a longer one.
    """

    hours: float
    rate: Rate
    peak: float
    label: str
    recorded: Floats | None = None
    before: float = 0.0

    @property
    def seconds(self) -> float:
        """The length of the simulated time."""
        return self.hours * 3600

    @property
    def mean_rate(self) -> float:
        """Requests per second over all of it."""
        if self.recorded is not None:
            return len(self.recorded) / self.seconds
        grid = np.arange(SLICE_SECONDS / 2, max(self.seconds, SLICE_SECONDS), SLICE_SECONDS)
        return float(np.mean(self.rate(grid)))

    def busiest(self, hours: float) -> "Traffic":
        """The `hours` with the most requests, from a full hour on; all of it if it is shorter."""
        if hours >= self.hours:
            return self
        starts = np.arange(0.0, (self.hours - hours) * 3600 + 1, 3600.0)
        start = float(max(starts, key=lambda start: self._expected(start, start + hours * 3600)))
        cut = self.recorded
        if cut is not None:
            first, last = np.searchsorted(cut, [start, start + hours * 3600])
            cut = cut[first:last] - start
        return replace(
            self,
            hours=hours,
            rate=lambda t: self.rate(t + start),
            recorded=cut,
            before=self._expected(start - 3600, start) / 3600 if start else 0.0,
        )

    def _expected(self, start: float, end: float) -> float:
        """Requests between two times, in seconds."""
        if self.recorded is not None:
            first, last = np.searchsorted(self.recorded, [start, end])
            return float(last - first)
        grid = np.arange(start + SLICE_SECONDS / 2, end, SLICE_SECONDS)
        return float(self.rate(grid).sum() * SLICE_SECONDS)

    def slices(self, duration: Duration, seed: int) -> Iterator[tuple[Floats, Floats]]:
        """Sorted arrival times and durations of each minute, in turn."""
        for number in range(math.ceil(self.seconds / SLICE_SECONDS)):
            rng = np.random.Generator(np.random.Philox(key=[seed, number]))
            start = number * SLICE_SECONDS
            times = self._arrivals(start, min(start + SLICE_SECONDS, self.seconds), rng)
            yield times, duration.draw(len(times), rng)

    def _arrivals(self, start: float, end: float, rng: np.random.Generator) -> Floats:
        if self.recorded is not None:
            first, last = np.searchsorted(self.recorded, [start, end])
            return self.recorded[first:last]
        count = rng.poisson(self.peak * (end - start))
        times = np.sort(rng.uniform(start, end, count))
        rates = self.rate(times)
        if count and float(rates.min()) < self.peak:
            times = times[rng.uniform(0, self.peak, count) < rates]
        return times


def constant(rps: float, hours: float) -> Traffic:
    """Poisson arrivals at one rate."""
    return Traffic(hours, lambda t: np.full_like(t, rps), rps, f"{rps:g} requests/s")


def daily(rps: float, hours: float, swing: float = 0.8) -> Traffic:
    """A day's wave around `rps`: lowest at midnight, highest at noon, `swing` its amplitude."""

    def rate(times: Floats) -> Floats:
        return rps * (1 - swing * np.cos(2 * np.pi * times / 86400))

    return Traffic(hours, rate, rps * (1 + swing), f"{rps:g} requests/s on average, daily curve")


def spike(rps: float, hours: float, factor: float, at_hours: float, minutes: float) -> Traffic:
    """A constant rate that is `factor` times higher for `minutes`, starting at `at_hours`."""
    start, end = at_hours * 3600, at_hours * 3600 + minutes * 60

    def rate(times: Floats) -> Floats:
        return np.where((times >= start) & (times < end), rps * factor, rps)

    label = f"{rps:g} requests/s, {factor:g} times that for {minutes:g} minutes"
    return Traffic(hours, rate, rps * max(factor, 1.0), label)


@cache
def recorded(path: Path, hours: float | None = None) -> tuple[Traffic, Duration | None]:
    """Arrivals from a CSV or JSON lines file, and the durations when it has them.

    A record has `time` (seconds, or ISO 8601) and may have `seconds`; times count from the first.
    Read once: every planner of a comparison asks.
    """
    rows = _rows(path)
    if not rows:
        raise BadUsage(f"{path} holds no arrivals")
    times = np.array([row[0] for row in rows])
    durations = [row[1] for row in rows]
    order = np.argsort(times, kind="stable")
    times = times[order] - times[order[0]]
    length = hours if hours is not None else max(math.ceil(times[-1] / 3600 * 60) / 60, 1 / 60)
    if length * 3600 <= times[-1]:
        length = length if hours is not None else float(times[-1] / 3600) + 1 / 60
        times = times[times < length * 3600]
    rate = len(times) / (length * 3600)
    traffic = Traffic(
        length, lambda t: np.full_like(t, rate), rate, f"{len(times)} recorded arrivals", times
    )
    known = np.array([value for value in durations if value is not None])
    return traffic, Duration(float(known.mean()), values=known) if len(known) else None


def _rows(path: Path) -> list[tuple[float, float | None]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadUsage(f"cannot read arrivals from {path}: {error}") from error
    problems: list[Problem] = []
    rows = []
    for line, record in _records(text, path):
        try:
            rows.append(_row(record))
        except (KeyError, TypeError, ValueError) as error:
            problems.append(Problem("arrival", None, f"cannot be read: {error}", line))
            if len(problems) == 10:
                break
    if problems:
        raise BadUsage(
            f"{path} does not work",
            problems=problems,
            hint="each record has `time` (seconds or ISO 8601) and perhaps `seconds`",
        )
    return rows


def _records(text: str, path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    if text.lstrip().startswith("{"):
        for number, line in enumerate(text.splitlines(), 1):
            if line.strip():
                try:
                    yield number, json.loads(line)
                except ValueError as error:
                    raise BadUsage(f"{path}, line {number}: not JSON") from error
        return
    lines = text.splitlines()
    named = bool(lines) and "time" in [cell.strip() for cell in lines[0].split(",")]
    names = None if named else ["time", "seconds"]
    reader = csv.DictReader(lines, names, skipinitialspace=True)
    yield from ((reader.line_num, dict(record)) for record in reader)


def _row(record: dict[str, Any]) -> tuple[float, float | None]:
    from datetime import datetime

    given = record["time"]
    try:
        time = float(given)
    except ValueError:
        time = datetime.fromisoformat(given).timestamp()
    seconds = record.get("seconds")
    duration = None if seconds in (None, "") else float(seconds)
    if not math.isfinite(time) or (duration is not None and not 0 < duration < math.inf):
        raise ValueError("time and seconds must be finite, seconds above 0")
    return time, duration
