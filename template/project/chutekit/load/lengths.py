"""How long texts are: `300`, evenly `100-500`, or lognormally `300~0.5`, spread over mean."""

from __future__ import annotations

import math
import random
import re
from dataclasses import dataclass

_FORM = re.compile(r"(?P<mean>\d+)(?:-(?P<most>\d+)|~(?P<spread>\d+(?:\.\d+)?))?\Z")
MOST = 10_000_000


@dataclass(frozen=True)
class Lengths:
    """A distribution of whole numbers of at least 1; `text` is how it was written."""

    text: str
    least: int
    most: int
    spread: float = 0.0

    @classmethod
    def read(cls, text: str) -> Lengths:
        """Return what the text says; ValueError with a sentence when it says none."""
        found = _FORM.match(text.strip())
        if not found:
            raise ValueError(f"{text!r} is no length: 300, 100-500 or 300~0.5")
        least = int(found["mean"])
        most = int(found["most"] or least)
        if not 1 <= least <= most <= MOST:
            raise ValueError(f"{text!r} is no length: from 1 to {MOST}, the smaller first")
        return cls(text.strip(), least, most, float(found["spread"] or 0))

    def draw(self, chance: random.Random) -> int:
        """Return one of them."""
        if self.most > self.least:
            return chance.randint(self.least, self.most)
        if not self.spread:
            return self.least
        sigma = math.sqrt(math.log(1 + self.spread**2))
        drawn = chance.lognormvariate(math.log(self.least) - sigma**2 / 2, sigma)
        return max(1, min(MOST, round(drawn)))
