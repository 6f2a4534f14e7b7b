"""Which requests get a slot, and when: the loss system of the platform and a queue before it.

The platform sends a request to the least busy instance and answers 429 only when every instance is
full, so admission depends on the number in flight alone, not on which instance serves what.
All functions are exact; they differ in what they can skip.
"""

import heapq
from bisect import bisect_left
from collections import deque
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from scaffold.plan.settings import Callers
from scaffold.plan.traffic import Floats

Ints = NDArray[np.int64]


@dataclass
class Asking:
    """Callers without an answer: when each asks next, asked first, its work, how often it asked."""

    next: Floats
    asked: Floats
    work: Floats
    tries: Ints

    def __len__(self) -> int:
        return len(self.next)

    def take(self, chosen: NDArray[np.bool_] | Ints) -> "Asking":
        """Those `chosen`."""
        return Asking(self.next[chosen], self.asked[chosen], self.work[chosen], self.tries[chosen])

    def joined(self, other: "Asking") -> "Asking":
        """These and `other`."""
        if not len(self) or not len(other):
            return self if len(self) else other
        return Asking(
            np.concatenate([self.next, other.next]),
            np.concatenate([self.asked, other.asked]),
            np.concatenate([self.work, other.work]),
            np.concatenate([self.tries, other.tries]),
        )


def fresh(times: Floats, work: Floats) -> Asking:
    """Callers who ask for the first time."""
    return Asking(times, times, work, np.zeros(len(times), np.int64))


@dataclass
class Admitted:
    """Who started, when; who asks again; when the others gave up; every attempt that was made."""

    starts: Floats
    who: Asking
    again: Asking
    gave_up: Floats
    attempts: Floats
    turned_away: int

    def after(self, head: Asking) -> "Admitted":
        """These, and before them `head`, who all started as they asked."""
        return Admitted(
            np.concatenate([head.next, self.starts]),
            head.joined(self.who),
            self.again,
            self.gave_up,
            np.concatenate([head.next, self.attempts]),
            self.turned_away,
        )


class Waiting:
    """Callers without an answer: some ask again later, or all stand in a queue of their own."""

    def __init__(self, callers: Callers) -> None:
        self.callers = callers
        self.asking = fresh(_NONE, _NONE)
        # When each in the queue asked, and its work.
        self.queue: deque[tuple[float, float]] = deque()

    def __len__(self) -> int:
        return len(self.asking) + len(self.queue)

    def next_attempt(self) -> float:
        """When a caller asks again; at once if one is queueing."""
        if self.queue:
            return -np.inf
        return float(self.asking.next.min()) if len(self.asking) else np.inf

    def due(self, new: Asking, end: float) -> Asking:
        """The `new` ones and those who ask again before `end`, in the order in which they ask."""
        due = self.asking.next < end
        if not due.any():
            return new
        found = self.asking.take(due).joined(new)
        self.asking = self.asking.take(~due)
        return found.take(np.argsort(found.next, kind="stable"))

    def abandoned(self, asked: Floats, work: Floats, now: float) -> None:
        """Those whose instance is gone ask again at once."""
        if self.callers.when_full == "queue":
            self.queue.extendleft(zip(asked.tolist(), work.tolist(), strict=True))
        else:
            tries = np.zeros(len(asked), np.int64)
            moments = np.full(len(asked), now)
            self.asking = self.asking.joined(Asking(moments, asked, work, tries))


def first_refusal(asking: Asking, busy: Floats, capacity: int) -> int:
    """The index of the first of these (each asking once, in order) that finds no slot, or -1.

    One sort and one search: as long as nobody was refused everybody started at once, so the
    number in flight at an attempt is what came before less what has ended by then.
    """
    ends = np.sort(np.concatenate([busy, asking.next + asking.work]))
    left = ends.searchsorted(asking.next, "right")
    full = len(busy) + np.arange(len(asking)) - left >= capacity
    return int(np.argmax(full)) if full.any() else -1


def all_start(asking: Asking) -> Admitted:
    """Nobody is refused."""
    return Admitted(asking.next, asking, fresh(_NONE, _NONE), _NONE, asking.next, 0)


def contend(
    asking: Asking,
    busy: Floats,
    capacity: int,
    end: float,
    callers: Callers,
    rng: np.random.Generator,
) -> Admitted:
    """Callers who are refused ask again later, until they give up.

    When somebody asks does not depend on the others, only whether it helps. So all attempts before
    `end` are drawn at once and sorted; while all slots are taken everything up to the next end of
    a request is skipped in one step.
    """
    drawn = attempts(asking, end, callers, rng)
    starts, served = _first_come(drawn.times, drawn.who, asking.work, busy, capacity)
    return drawn.outcome(asking, starts, served)


@dataclass
class Attempts:
    """All attempts before some time, sorted; who asks when after it, and who gave up when."""

    times: Floats
    who: Ints
    later: Asking
    over: Floats

    def outcome(self, asking: Asking, starts: Floats, served: Ints) -> Admitted:
        """What came of those `asking` if these were `served`; others' attempts were in vain."""
        started = np.full(len(asking), np.inf)
        started[served] = starts
        real = self.times[self.times <= started[self.who]]
        unserved = np.isinf(started)
        return Admitted(
            starts,
            asking.take(served),
            self.later.take(unserved & np.isinf(self.over)),
            np.sort(self.over[unserved & ~np.isinf(self.over)]),
            real,
            len(real) - len(served),
        )


def attempts(asking: Asking, end: float, callers: Callers, rng: np.random.Generator) -> Attempts:
    """All attempts before `end`, as if every one of them were in vain."""
    later = Asking(asking.next.copy(), asking.asked, asking.work, asking.tries.copy())
    over = np.full(len(asking), np.inf)
    at = np.flatnonzero(asking.next < end)
    times, who = [], []
    while len(at):
        now = later.next[at]
        times.append(now)
        who.append(at)
        delay = np.minimum(
            callers.first_delay * 2.0 ** np.minimum(later.tries[at], 40), callers.longest_delay
        )
        again = now + delay * (1 - callers.jitter * rng.random(len(at)))
        stops = again - later.asked[at] > callers.patience
        if callers.when_full == "give-up":
            stops[:] = True
        over[at[stops]] = now[stops]
        later.next[at] = again
        later.tries[at] += 1
        at = at[~stops & (again < end)]
    if not times:
        return Attempts(_NONE, np.empty(0, np.int64), later, over)
    return Attempts(*_sorted(np.concatenate(times), np.concatenate(who)), later, over)


def _first_come(
    times: Floats, who: Ints, work: Floats, busy: Floats, capacity: int
) -> tuple[Floats, Ints]:
    """Who of those asking at `times` (sorted) starts, and when; nobody starts twice."""
    if not capacity:
        return _NONE, np.empty(0, np.int64)
    running = np.sort(busy)[max(0, len(busy) - capacity) :].tolist()
    seconds = work.tolist()
    # While most attempts are turned away it is cheaper to leave them in the arrays.
    rare = len(times) > 10 * capacity * (1 + (times[-1] - times[0]) / work.mean())
    moments = times if rare else times.tolist()
    callers = who if rare else who.tolist()
    jump = times.searchsorted if rare else partial(bisect_left, moments)
    served = bytearray(len(seconds))
    starts: list[float] = []
    chosen: list[int] = []
    position, total = 0, len(moments)
    while position < total:
        caller = callers[position]
        if served[caller]:
            position += 1
            continue
        now = float(moments[position])
        while running and running[0] <= now:
            heapq.heappop(running)
        if len(running) >= capacity:
            position = int(jump(running[0]))
            continue
        position += 1
        served[caller] = 1
        starts.append(now)
        chosen.append(int(caller))
        heapq.heappush(running, now + seconds[caller])
    return np.array(starts), np.array(chosen, dtype=np.int64)


def _sorted(times: Floats, who: Ints) -> tuple[Floats, Ints]:
    """By time; a stable order, which is slower, only where two ask in the same instant."""
    order = np.argsort(times)
    result = times[order]
    if (result[1:] == result[:-1]).any():
        order = np.argsort(times, kind="stable")
        result = times[order]
    return result, who[order]


def line_up(
    queue: deque[tuple[float, float]],
    asking: Asking,
    busy: Floats,
    capacity: int,
    start: float,
    end: float,
    patience: float,
) -> Admitted:
    """First come, first served: a queue on the callers' side sends one request per free slot.

    `queue` holds (asked, work) of those who wait; it is changed in place.
    """
    queue.extend(zip(asking.asked.tolist(), asking.work.tolist(), strict=True))
    slots = np.sort(busy)[max(0, len(busy) - capacity) :].tolist()
    slots = [start] * (capacity - len(slots)) + slots
    heapq.heapify(slots)
    starts: list[float] = []
    chosen: list[tuple[float, float]] = []
    gave_up: list[float] = []
    while queue and slots:
        asked, work = queue[0]
        moment = max(asked, slots[0], start)
        if moment >= end:
            break
        queue.popleft()
        if moment - asked > patience:
            gave_up.append(asked + patience)
            continue
        heapq.heapreplace(slots, moment + work)
        starts.append(moment)
        chosen.append((asked, work))
    return from_queue(starts, chosen, gave_up, asking.next)


def from_queue(
    starts: list[float],
    chosen: list[tuple[float, float]],
    gave_up: list[float],
    attempts: Floats,
) -> Admitted:
    """What a queue came to: `chosen` are (asked, work) of those who started."""
    who = np.array(chosen).reshape(-1, 2)
    begun = np.array(starts)
    served = Asking(begun, who[:, 0], who[:, 1], np.zeros(len(begun), np.int64))
    return Admitted(begun, served, fresh(_NONE, _NONE), np.array(gave_up), attempts, 0)


_NONE = np.empty(0)
