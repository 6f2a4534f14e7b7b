"""Which instance serves a request: the least busy one, by lot among equals."""

import heapq
import random
from collections.abc import Iterable, Sequence


class _Loads:
    """Instances by how many requests each works on; every move takes constant time."""

    def __init__(self, instances: Sequence[int], busy: Iterable[int]) -> None:
        self.levels: list[list[int]] = [list(instances)]
        self.level = dict.fromkeys(instances, 0)
        self.place = {instance: place for place, instance in enumerate(instances)}
        for instance in busy:
            self.move(instance, 1)

    def move(self, instance: int, by: int) -> None:
        """One request more or less on this instance."""
        level = self.level[instance]
        old = self.levels[level]
        last = old.pop()
        if last != instance:
            old[self.place[instance]] = last
            self.place[last] = self.place[instance]
        level += by
        if level == len(self.levels):
            self.levels.append([])
        self.level[instance] = level
        self.place[instance] = len(self.levels[level])
        self.levels[level].append(instance)

    def least(self) -> list[int]:
        """Those with the fewest requests."""
        return next(level for level in self.levels if level)


def least_busy(
    starts: Sequence[float],
    ends: Sequence[float],
    running: Iterable[tuple[float, int]],
    instances: Sequence[int],
    lot: random.Random,
) -> list[int]:
    """The instance of each request; `running` holds the end and instance of those before."""
    under_way = list(running)
    loads = _Loads(instances, (instance for _, instance in under_way))
    heapq.heapify(under_way)
    chosen = []
    for start, end in zip(starts, ends, strict=True):
        while under_way and under_way[0][0] <= start:
            loads.move(heapq.heappop(under_way)[1], -1)
        equals = loads.least()
        instance = equals[int(lot.random() * len(equals))]
        loads.move(instance, 1)
        heapq.heappush(under_way, (end, instance))
        chosen.append(instance)
    return chosen
