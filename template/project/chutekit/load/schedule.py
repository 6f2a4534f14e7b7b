"""When requests are due: fixed before the first is sent, so that no answer can delay them."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

#: Of a ramp, so many parts have figures of their own.
PARTS = 5


@dataclass(frozen=True)
class Stage:
    """Seconds at a rate, or at one that grows or falls evenly; requests per second."""

    begin: float
    end: float
    seconds: float

    @property
    def rate(self) -> float:
        """On average."""
        return (self.begin + self.end) / 2

    @property
    def requests(self) -> float:
        """How many are to be expected."""
        return self.rate * self.seconds

    def after(self, requests: float) -> float:
        """Return the second within the stage by which so many requests are due."""
        growth = (self.end - self.begin) / self.seconds
        if math.isclose(growth, 0, abs_tol=1e-12):
            return requests / self.begin
        return (math.sqrt(self.begin**2 + 2 * growth * requests) - self.begin) / growth


def steady(rate: float, seconds: float) -> list[Stage]:
    """Return one stage."""
    return [Stage(rate, rate, seconds)]


def ramp(begin: float, end: float, seconds: float) -> list[Stage]:
    """Return a ramp in parts that follow each other without a pause."""
    rates = [begin + (end - begin) * part / PARTS for part in range(PARTS + 1)]
    return [Stage(one, other, seconds / PARTS) for one, other in itertools.pairwise(rates)]


@dataclass(frozen=True)
class Due:
    """A request to come: seconds from the start, and the place of its stage."""

    seconds: float
    stage: int


def due(stages: Sequence[Stage], *, even: bool, seed: int) -> Iterator[Due]:
    """Yield when each request of the stages is due, in order.

    Users who know nothing of each other come at random (a Poisson process); `even` ones come one
    after the other at equal distances, which is kinder to a server than users are.
    """
    chance = random.Random(seed)
    begun = 0.0
    for place, stage in enumerate(stages):
        came = 0.0
        while True:
            came += 1.0 if even else chance.expovariate(1.0)
            # An even request is due in the middle of its share, so that stages join evenly.
            position = came - 0.5 if even else came
            if position >= stage.requests:
                break
            yield Due(begun + stage.after(position), place)
        begun += stage.seconds
