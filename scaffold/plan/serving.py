"""Requests in flight and callers who ask again, worked through block by block.

Which instance serves a request matters only for idle timers and losses. It is chosen as the
platform does (the least busy one, by lot among equals) while requests are few; in a dense block
every instance is busy all the time and requests are dealt out in turn.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from scaffold.plan.admission import (
    Admitted,
    Waiting,
    all_start,
    contend,
    first_refusal,
    fresh,
    line_up,
)
from scaffold.plan.routing import least_busy
from scaffold.plan.settings import Callers
from scaffold.plan.traffic import Floats

# A block with this many requests per instance leaves none idle (chance of an exception e^-12).
DENSE = 12


def _empty() -> Floats:
    return np.empty(0)


@dataclass
class InFlight:
    """Requests being worked on: when each ends, was first asked for, its work, its instance."""

    ends: Floats = field(default_factory=_empty)
    asked: Floats = field(default_factory=_empty)
    work: Floats = field(default_factory=_empty)
    instance: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))

    def __len__(self) -> int:
        return len(self.ends)

    def take(self, chosen: NDArray[np.bool_]) -> "InFlight":
        """Those `chosen`."""
        return InFlight(
            self.ends[chosen], self.asked[chosen], self.work[chosen], self.instance[chosen]
        )

    def joined(self, other: "InFlight") -> "InFlight":
        """These and `other`."""
        return InFlight(
            np.concatenate([self.ends, other.ends]),
            np.concatenate([self.asked, other.asked]),
            np.concatenate([self.work, other.work]),
            np.concatenate([self.instance, other.instance]),
        )


@dataclass
class Block:
    """What happened between two events that change the number of instances."""

    start: float
    end: float
    before: int
    attempts: Floats
    starts: Floats
    ends: Floats
    done: InFlight
    gave_up: Floats
    turned_away: int

    @classmethod
    def of(
        cls, start: float, end: float, before: int, admitted: Admitted, done: InFlight
    ) -> "Block":
        """From `before` in flight at the start, those admitted and those who are done."""
        return cls(
            start,
            end,
            before,
            admitted.attempts,
            admitted.starts,
            np.sort(done.ends),
            done,
            admitted.gave_up,
            admitted.turned_away,
        )

    def in_flight(self, time: float, *, just_before: bool = False) -> int:
        """How many are worked on at a moment of the block, or were before what starts then."""
        started = int(self.starts.searchsorted(time, "left" if just_before else "right"))
        return self.before + started - int(self.ends.searchsorted(time, "right"))


class Serving:
    """All requests between their first attempt and their end."""

    def __init__(self, callers: Callers, concurrency: int, seed: int) -> None:
        self.waiting, self.concurrency = Waiting(callers), concurrency
        self.in_flight = InFlight()
        self._rng = np.random.Generator(np.random.PCG64([seed, 1]))
        self._random = random.Random(seed)
        self._turn = 0

    def idle(self) -> bool:
        """Is nothing left to do?"""
        return not (len(self.in_flight) or len(self.waiting))

    def serve(
        self, start: float, end: float, times: Floats, work: Floats, instances: Sequence[int]
    ) -> Block:
        """Work through [start, end) with first attempts at `times` on these `instances`."""
        admitted = self._admit(start, end, times, work, len(instances) * self.concurrency)
        before = self.in_flight
        ends = admitted.starts + admitted.who.work
        new = InFlight(
            ends,
            admitted.who.asked,
            admitted.who.work,
            self._route(admitted.starts, ends, instances),
        )
        everything = before.joined(new)
        over = everything.ends <= end
        self.in_flight = everything.take(~over)
        return Block.of(start, end, len(before), admitted, everything.take(over))

    def drop(self, instance: int, now: float, *, drained: bool) -> InFlight:
        """Take an instance's requests away; those not drained are asked for again at once."""
        mine = self.in_flight.instance == instance
        gone = self.in_flight.take(mine)
        self.in_flight = self.in_flight.take(~mine)
        if drained:
            return gone
        self.waiting.abandoned(gone.asked, gone.work, now)
        return InFlight()

    def _admit(
        self, start: float, end: float, times: Floats, work: Floats, capacity: int
    ) -> Admitted:
        new, busy = fresh(times, work), self.in_flight.ends
        waiting, callers = self.waiting, self.waiting.callers
        if callers.when_full == "queue":
            return line_up(waiting.queue, new, busy, capacity, start, end, callers.patience)
        new = waiting.due(new, end)
        refusal = first_refusal(new, busy, capacity)
        if refusal < 0:
            return all_start(new)
        head, rest = new.take(np.arange(refusal)), new.take(np.arange(refusal, len(new)))
        busy = np.concatenate([busy, head.next + head.work])
        busy = busy[busy > rest.next[0]]
        admitted = contend(rest, busy, capacity, end, callers, self._rng)
        waiting.asking = waiting.asking.joined(admitted.again)
        return admitted.after(head)

    def _route(self, starts: Floats, ends: Floats, instances: Sequence[int]) -> NDArray[np.int64]:
        """The instance that serves each request."""
        if len(starts) > DENSE * len(instances) or len(instances) < 2:
            turns = (self._turn + np.arange(len(starts))) % max(len(instances), 1)
            self._turn += len(starts)
            return np.asarray(instances, np.int64)[turns]
        running = zip(self.in_flight.ends.tolist(), self.in_flight.instance.tolist(), strict=True)
        chosen = least_busy(starts.tolist(), ends.tolist(), running, instances, self._random)
        return np.array(chosen, dtype=np.int64)
