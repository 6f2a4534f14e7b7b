"""Requests that were measured: when each was sent, answered and done, and with how many tokens."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from scaffold.plan.traffic import Floats

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Stage:
    """Requests that were sent at one rate, per second; None where that is not told."""

    label: str
    rate: float | None


@dataclass(frozen=True)
class Measurements:
    """Answered requests in the order of `sent`; moments are seconds on one clock.

    `first` is NaN where an answer came whole, `prompt` and `answer` are tokens and NaN where nobody
    counted them. `stage` is the place in `stages`. `unanswered` requests are not among them.
    """

    source: str
    sent: Floats
    first: Floats
    end: Floats
    prompt: Floats
    answer: Floats
    stage: Ints
    stages: tuple[Stage, ...]
    unanswered: int = 0
    concurrency: int | None = None
    about: dict[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.sent)

    @property
    def counts_tokens(self) -> bool:
        """Are the tokens of prompts known, and of answers where there are any?"""
        return bool(np.isfinite(self.prompt).all())

    @property
    def most_at_once(self) -> int:
        """The most that were in flight."""
        moments = np.concatenate([self.sent, self.end])
        change = np.concatenate([np.ones(len(self)), -np.ones(len(self))])
        return int(np.cumsum(change[np.argsort(moments, kind="stable")]).max(initial=0))

    def of(self, *stages: int) -> "Measurements":
        """Those of some stages alone."""
        return self.where(np.isin(self.stage, stages))

    def where(self, mine: NDArray[np.bool_]) -> "Measurements":
        """Some of them."""
        columns = ("sent", "first", "end", "prompt", "answer", "stage")
        chosen = {name: getattr(self, name)[mine] for name in columns}
        return Measurements(self.source, **chosen, stages=self.stages, concurrency=self.concurrency)
