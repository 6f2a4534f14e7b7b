"""A clock for each instance, that shows how much work every request there has had so far.

It slows down with each request that joins. One that brings `work` when the clock shows v ends when
it shows v + work, whatever happens in between: so an arrival or an end costs one step in a heap,
and no other request is touched.
"""

import heapq
import math
import random
from bisect import bisect_left
from collections import deque
from collections.abc import Sequence


class Pool:
    """One clock: `marks` are what it shows when each request ends, `ends` the times of ends."""

    __slots__ = ("due", "ends", "heap", "marks", "now", "pace", "shown", "slots", "who")

    def __init__(self, pace: Sequence[float], slots: int, left: list[float], now: float) -> None:
        """`pace[n]`: seconds that a unit of work takes each of n requests in flight."""
        self.pace, self.slots, self.now, self.shown = pace, slots, now, 0.0
        self.heap = sorted(left)
        self.marks, self.ends = list(left), list[float]()
        # The number of the start that each mark belongs to, after those from before.
        self.who = list[int]()
        self._plan()

    def __len__(self) -> int:
        return len(self.heap)

    def _plan(self) -> None:
        waiting = self.heap
        self.due = math.inf
        if waiting:
            self.due = self.now + (waiting[0] - self.shown) * self.pace[len(waiting)]

    def settle(self, time: float) -> None:
        """Everything that ends until `time`."""
        while self.due <= time:
            self.now = self.due
            self.shown = heapq.heappop(self.heap)
            self.ends.append(self.now)
            self._plan()

    def admit(self, time: float, number: int, work: float) -> None:
        """Start the request of this `number` at `time`, up to which everything is settled."""
        self.turn(time)
        mark = self.shown + work
        heapq.heappush(self.heap, mark)
        self.marks.append(mark)
        self.who.append(number)
        self._plan()

    def turn(self, time: float) -> None:
        """Let the clock run until `time`, before which nothing ends."""
        if self.heap:
            self.shown += (time - self.now) / self.pace[len(self.heap)]
        self.now = time

    def first_come(
        self, times: list[float], who: list[int], work: list[float], *, once: bool
    ) -> tuple[list[float], list[int], int]:
        """`Floor.first_come` for one clock alone, which is the way of nearly all requests."""
        heap, pace, slots, ends, marks = self.heap, self.pace, self.slots, self.ends, self.marks
        now, shown, count = self.now, self.shown, len(self.heap)
        push, pop = heapq.heappush, heapq.heappop
        starts: list[float] = []
        chosen: list[int] = []
        served = bytearray(len(work))
        position, total = 0, len(times)
        while position < total:
            caller = who[position]
            if served[caller]:
                position += 1
                continue
            time = times[position]
            while count:
                due = now + (heap[0] - shown) * pace[count]
                if due > time:
                    break
                now, shown = due, pop(heap)
                count -= 1
                ends.append(now)
            if count >= slots:
                if once:
                    break
                position = bisect_left(times, due, position)
                continue
            if count:
                shown += (time - now) / pace[count]
            now = time
            mark = shown + work[caller]
            push(heap, mark)
            count += 1
            marks.append(mark)
            served[caller] = 1
            starts.append(time)
            chosen.append(caller)
            position += 1
        self.now, self.shown = now, shown
        self.who += range(len(self.who), len(self.who) + len(starts))
        self._plan()
        return starts, chosen, position


class Floor:
    """The clocks of all instances, and the lot that decides among equally busy ones."""

    def __init__(self, pools: Sequence[Pool], lot: random.Random) -> None:
        self.pools, self.lot = pools, lot
        self._begun = 0

    def settle(self, time: float) -> None:
        """Everything that ends until `time`."""
        for pool in self.pools:
            if pool.due <= time:
                pool.settle(time)

    def free(self) -> Pool | None:
        """The least busy one, if it has a place."""
        least = min(map(len, self.pools), default=0)
        equals = [pool for pool in self.pools if len(pool) == least < pool.slots]
        return equals[int(self.lot.random() * len(equals))] if equals else None

    def _admit(self, pool: Pool, time: float, work: float) -> None:
        pool.admit(time, self._begun, work)
        self._begun += 1

    def due(self) -> float:
        """When the next request ends."""
        return min((pool.due for pool in self.pools), default=math.inf)

    def first_come(
        self, times: list[float], who: list[int], work: list[float], *, once: bool
    ) -> tuple[list[float], list[int], int]:
        """Who of those asking at `times` (sorted) starts, and when; nobody starts twice.

        With `once` it stops at the first who finds no place; returns how far it came as well.
        """
        if len(self.pools) == 1:
            return self.pools[0].first_come(times, who, work, once=once)
        starts: list[float] = []
        chosen: list[int] = []
        served = bytearray(len(work))
        position = 0
        while position < len(times):
            caller, time = who[position], times[position]
            if not served[caller]:
                self.settle(time)
                pool = self.free()
                if pool is None:
                    if once or not self.pools:
                        break
                    position = bisect_left(times, self.due(), position)
                    continue
                self._admit(pool, time, work[caller])
                served[caller] = 1
                starts.append(time)
                chosen.append(caller)
            position += 1
        return starts, chosen, position

    def line_up(
        self, queue: deque[tuple[float, float]], start: float, end: float, patience: float
    ) -> tuple[list[float], list[tuple[float, float]], list[float]]:
        """The callers' own queue, first come, first served: starts, who started, who gave up."""
        starts: list[float] = []
        chosen: list[tuple[float, float]] = []
        gave_up: list[float] = []
        while queue and self.pools:
            asked, work = queue[0]
            moment = max(asked, start)
            self.settle(min(moment, end))
            pool = self.free()
            if pool is None:
                moment = self.due()
            if moment >= end:
                break
            if pool is None:
                self.settle(moment)
                pool = self.free()
                assert pool is not None
            # Those behind may have asked before this place was free.
            start = moment
            queue.popleft()
            if moment - asked > patience:
                gave_up.append(asked + patience)
                continue
            self._admit(pool, moment, work)
            starts.append(moment)
            chosen.append((asked, work))
        return starts, chosen, gave_up
