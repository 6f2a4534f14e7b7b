"""An engine that batches, step by step: when requests get their first token and their last.

The reference that constants are judged by, on the requests that they were fitted to or on others.
Sequences that decode come first in a step, prompts fill what is left of its tokens, in parts and in
the order in which they came, as vLLM schedules them.
"""

import heapq
import math
from collections import deque

import numpy as np

from scaffold.plan.fitting import STEP_TOKENS, Steps
from scaffold.plan.traffic import Floats


def replay(
    sent: Floats,
    prompt: Floats,
    answer: Floats,
    steps: Steps,
    *,
    most: int | None = None,
    step_tokens: int = STEP_TOKENS,
) -> tuple[Floats, Floats]:
    """Moments of the first and the last token of each request; `most` decode at once.

    `sent` is sorted; a request without an answer in tokens ends when its prompt is computed.
    """
    engine = _Engine(steps, most or len(sent), step_tokens)
    first, end = np.zeros(len(sent)), np.zeros(len(sent))
    come, total = 0, len(sent)
    arrive = sent + steps.request
    while come < total or engine.waiting or engine.running:
        if not engine.waiting and not engine.running:
            engine.now = max(engine.now, float(arrive[come]))
        while come < total and arrive[come] <= engine.now:
            engine.waiting.append((come, float(prompt[come])))
            come += 1
        coming = float(arrive[come]) if come < total else math.inf
        for begun in engine.advance(coming):
            first[begun] = engine.now
            if answer[begun] > 1:
                engine.start(begun, int(answer[begun]) - 1, float(prompt[begun]) + 1)
            else:
                end[begun] = engine.now
        for done in engine.ended():
            end[done] = engine.now
    return first, end


class _Engine:
    """`running`: a heap of the step after which each sequence ends, and which it is."""

    def __init__(self, steps: Steps, most: int, step_tokens: int) -> None:
        self.steps, self.most, self.step_tokens = steps, most, step_tokens
        self.now, self.number, self.held = 0.0, 0, 0.0
        self.waiting: deque[tuple[int, float]] = deque()
        self.running: list[tuple[int, int, float]] = []

    def start(self, who: int, steps: int, held: float) -> None:
        """A sequence decodes for so many steps, with so many tokens in its cache so far."""
        heapq.heappush(self.running, (self.number + steps, who, held + steps))
        self.held += held

    def advance(self, coming: float) -> list[int]:
        """One step with prompts in it, or as many without as pass until something changes.

        Returns whose prompt is computed then.
        """
        if self.waiting and len(self.running) < self.most:
            return self._with_prompts()
        self._decode(coming)
        return []

    def ended(self) -> list[int]:
        """The sequences that have all their tokens."""
        found = []
        while self.running and self.running[0][0] <= self.number:
            _, who, held = heapq.heappop(self.running)
            self.held -= held
            found.append(who)
        return found

    def _with_prompts(self) -> list[int]:
        count = len(self.running)
        room, taken = float(max(self.step_tokens - count, 1)), 0.0
        computed: list[int] = []
        while self.waiting and room > 0 and count + len(computed) < self.most:
            who, left = self.waiting.popleft()
            part = min(left, room)
            room, taken = room - part, taken + part
            if left > part:
                self.waiting.appendleft((who, left - part))
            else:
                computed.append(who)
        mean = self.held / count if count else 0.0
        self.now += self.steps.seconds(count, mean) + taken * self.steps.prompt
        self.number += 1
        self.held += count
        return computed

    def _decode(self, coming: float) -> None:
        count = len(self.running)
        left = self.running[0][0] - self.number
        base = self.steps.seconds(count, self.held / count)
        growth = self.steps.cached * count
        # Nobody joins before there is room.
        until = coming if count < self.most else math.inf
        many = min(left, _steps_until(until - self.now, base, growth))
        self.now += many * base + growth * many * (many - 1) / 2
        self.number += many
        self.held += count * many


def _steps_until(seconds: float, base: float, growth: float) -> int:
    """The steps that end at or after so many seconds, each `growth` longer than the one before."""
    if not math.isfinite(seconds):
        return 1 << 62
    if base <= 0:
        return 1 << 62
    if growth < 1e-12 * base:
        return max(1, math.ceil(seconds / base))
    half = base - growth / 2
    return max(1, math.ceil((-half + math.sqrt(half * half + 2 * growth * seconds)) / growth))
