"""Processor sharing the slow and obvious way, and what is known of it in closed form."""

from scaffold.plan.rules import Rules
from scaffold.plan.settings import Callers, Settings
from support.plan_reference import DONE, Box, Reference


class SharedReference(Reference):
    """Every request in flight is worked on a little at every event of its instance."""

    def __init__(
        self,
        settings: Settings,
        rules: Rules,
        callers: Callers,
        cold: float,
        seconds: float,
        seed: int,
        pace: list[float],
    ) -> None:
        super().__init__(settings, rules, callers, cold, seconds, seed)
        self.pace = pace
        self.work: dict[int, list[list[float]]] = {}
        self.since: dict[int, float] = {}
        self.turn: dict[int, int] = {}

    def move_on(self, box: Box, now: float) -> None:
        """What each request of this instance has had of it since the last event there."""
        mine = self.work.setdefault(id(box), [])
        for request in mine:
            request[0] -= (now - self.since[id(box)]) / self.pace[len(mine)]
        self.since[id(box)] = now

    def agree(self, box: Box, now: float) -> None:
        """When the next request of this instance ends, if nothing happens before."""
        self.turn[id(box)] = turn = self.turn.get(id(box), 0) + 1
        mine = self.work[id(box)]
        if mine:
            left = min(request[0] for request in mine)
            self.later(now + left * self.pace[len(mine)], DONE, (box, turn))

    def begin(self, box: Box, now: float, asked: float, work: float) -> None:
        box.jobs += 1
        self.move_on(box, now)
        self.work[id(box)].append([work, asked])
        self.agree(box, now)

    def done(self, now: float, what: tuple[Box, float]) -> None:
        box, turn = what
        if turn != self.turn[id(box)]:
            return
        self.move_on(box, now)
        request = min(self.work[id(box)])
        self.work[id(box)].remove(request)
        self.agree(box, now)
        super().done(now, (box, request[1]))


def blocked(paces: list[float], rate: float) -> float:
    """The share that finds all places taken: a birth-death process, insensitive to the work."""
    weights = _weights(paces, rate)
    return weights[-1] / sum(weights)


def mean_seconds(paces: list[float], rate: float) -> float:
    """Of a request that is served, by Little's law on the same process."""
    weights = _weights(paces, rate)
    inside = sum(count * weight for count, weight in enumerate(weights)) / sum(weights)
    return inside / (rate * (1 - weights[-1] / sum(weights)))


def _weights(paces: list[float], rate: float) -> list[float]:
    """How often each number is in flight, relative to none."""
    weights = [1.0]
    for count in range(1, len(paces)):
        weights.append(weights[-1] * rate * paces[count] / count)
    return weights
