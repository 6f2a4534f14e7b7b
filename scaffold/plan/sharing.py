"""Requests that share an engine: the more are in flight on an instance, the slower is each.

Processor sharing, by the clocks of `clocks`. Exact with one instance, and with several in a block
of few requests. In a dense block of several instances that are evenly busy all share one clock, at
the pace of the mean number in flight.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scaffold.plan.admission import (
    Admitted,
    Asking,
    Ints,
    Waiting,
    all_start,
    attempts,
    fresh,
    from_queue,
)
from scaffold.plan.clocks import Floor, Pool
from scaffold.plan.serving import DENSE, Block, InFlight
from scaffold.plan.settings import Callers
from scaffold.plan.traffic import Floats

# Instances whose numbers in flight differ by more than so many have not evened out.
UNEVEN = 3


def _none() -> Floats:
    return np.empty(0)


@dataclass
class Progress:
    """Requests in flight: work left and brought, first asked for, started, instance."""

    left: Floats = field(default_factory=_none)
    work: Floats = field(default_factory=_none)
    asked: Floats = field(default_factory=_none)
    started: Floats = field(default_factory=_none)
    instance: Ints = field(default_factory=lambda: np.empty(0, np.int64))

    def __len__(self) -> int:
        return len(self.left)

    def take(self, chosen: NDArray[np.bool_]) -> "Progress":
        """Those `chosen`."""
        return Progress(
            self.left[chosen],
            self.work[chosen],
            self.asked[chosen],
            self.started[chosen],
            self.instance[chosen],
        )

    def on(self, instances: Ints) -> "Progress":
        """Those on these instances."""
        return self.take(np.isin(self.instance, instances))


class Sharing:
    """All requests between their first attempt and their end; what `Serving` is for fixed times."""

    def __init__(
        self, callers: Callers, concurrency: int, seed: int, pace: Sequence[float]
    ) -> None:
        """`pace[n]`: seconds that a unit of work takes each of n requests on an instance."""
        self.waiting, self.concurrency = Waiting(callers), concurrency
        self.pace = [float(seconds) for seconds in pace[: concurrency + 1]]
        self.in_flight = Progress()
        self._rng = np.random.Generator(np.random.PCG64([seed, 1]))
        self._random = random.Random(seed)
        self._pooled: dict[int, list[float]] = {}

    def idle(self) -> bool:
        """Is nothing left to do?"""
        return not (len(self.in_flight) or len(self.waiting))

    def serve(
        self, start: float, end: float, times: Floats, work: Floats, instances: Sequence[int]
    ) -> Block:
        """Work through [start, end) with first attempts at `times` on these `instances`."""
        before = self.in_flight
        names = np.asarray(instances, np.int64)
        groups = self._groups(names, len(times) + len(self.waiting.queue))
        parts = [before.on(group) for group in groups] if len(groups) > 1 else [before]
        pools = [
            Pool(self._pace(len(group)), len(group) * self.concurrency, part.left.tolist(), start)
            for group, part in zip(groups, parts, strict=False)
        ]
        admitted = self._admit(start, end, times, work, Floor(pools, self._random))
        done = self._collect(parts, admitted, groups, pools, end)
        return Block.of(start, end, len(before), admitted, done)

    def drop(self, instance: int, now: float, *, drained: bool) -> InFlight:
        """Take an instance's requests away; those not drained are asked for again at once."""
        mine = self.in_flight.instance == instance
        gone = self.in_flight.take(mine)
        self.in_flight = self.in_flight.take(~mine)
        if drained:
            return self._run_out(gone, now)
        self.waiting.abandoned(gone.asked, gone.work, now)
        return InFlight()

    def _run_out(self, gone: Progress, now: float) -> InFlight:
        """What an instance that takes no more requests does with those it has."""
        order = np.argsort(gone.left)
        pace = np.array(self.pace)[np.arange(len(gone), 0, -1)]
        ends = now + np.cumsum(np.diff(gone.left[order], prepend=0.0) * pace)
        started = gone.started[order]
        return InFlight(ends, gone.asked[order], ends - started, gone.instance[order])

    def _groups(self, names: Ints, requests: int) -> list[Ints]:
        """The instances that share a clock."""
        if len(names) < 2:
            return [names] if len(names) else []
        counts = [int((self.in_flight.instance == name).sum()) for name in names]
        if requests > DENSE * len(names) and max(counts) - min(counts) <= UNEVEN:
            return [names]
        return list(names.reshape(-1, 1))

    def _pace(self, instances: int) -> list[float]:
        """By the number in flight on all of them together, evenly spread."""
        if instances == 1:
            return self.pace
        if instances not in self._pooled:
            each = np.arange(instances * self.concurrency + 1) / instances
            paces = np.interp(np.maximum(each, 1), np.arange(len(self.pace)), self.pace)
            self._pooled[instances] = paces.tolist()
        return self._pooled[instances]

    def _admit(
        self, start: float, end: float, times: Floats, work: Floats, floor: Floor
    ) -> Admitted:
        waiting, callers = self.waiting, self.waiting.callers
        if callers.when_full == "queue":
            waiting.queue.extend(zip(times.tolist(), work.tolist(), strict=True))
            return from_queue(*floor.line_up(waiting.queue, start, end, callers.patience), times)
        new = waiting.due(fresh(times, work), end)
        everybody = list(range(len(new)))
        _, _, position = floor.first_come(
            new.next.tolist(), everybody, new.work.tolist(), once=True
        )
        if position == len(new):
            return all_start(new)
        head, rest = new.take(np.arange(position)), new.take(np.arange(position, len(new)))
        admitted = self._contend(rest, end, floor)
        waiting.asking = waiting.asking.joined(admitted.again)
        return admitted.after(head)

    def _contend(self, asking: Asking, end: float, floor: Floor) -> Admitted:
        """Callers who are refused ask again later, until they give up."""
        drawn = attempts(asking, end, self.waiting.callers, self._rng)
        starts, chosen, _ = floor.first_come(
            drawn.times.tolist(), drawn.who.tolist(), asking.work.tolist(), once=False
        )
        return drawn.outcome(asking, np.array(starts), np.array(chosen, np.int64))

    def _collect(
        self,
        before: Sequence[Progress],
        admitted: Admitted,
        groups: Sequence[Ints],
        pools: Sequence[Pool],
        end: float,
    ) -> InFlight:
        """Those that have ended; the others stay in flight, dealt out evenly where they share."""
        if not groups:
            return InFlight()
        done, on = list[InFlight](), list[Progress]()
        for group, pool, mine in zip(groups, pools, before, strict=True):
            pool.settle(end)
            pool.turn(end)
            who = np.array(pool.who, np.int64)
            marks = np.array(pool.marks)
            order = np.argsort(marks, kind="stable")
            asked = np.concatenate([mine.asked, admitted.who.asked[who]])[order]
            started = np.concatenate([mine.started, admitted.starts[who]])[order]
            work = np.concatenate([mine.work, admitted.who.work[who]])[order]
            over = len(pool.ends)
            ends, dealt = np.array(pool.ends), group[np.arange(len(order)) % len(group)]
            done.append(InFlight(ends, asked[:over], ends - started[:over], dealt[:over]))
            left = marks[order[over:]] - pool.shown
            on.append(Progress(left, work[over:], asked[over:], started[over:], dealt[over:]))
        if len(groups) == 1:
            self.in_flight = on[0]
            return done[0]
        self.in_flight = Progress(*(_column(on, name) for name in Progress.__dataclass_fields__))
        return InFlight(*(_column(done, name) for name in InFlight.__dataclass_fields__))


def _column(parts: Sequence[Progress | InFlight], name: str) -> NDArray[Any]:
    return np.concatenate([getattr(part, name) for part in parts])
