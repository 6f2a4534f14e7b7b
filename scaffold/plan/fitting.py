"""The constants of an engine's step, from requests that were measured.

Time is accounted for: what passes between two moments is the sum of the steps in it, and a step
takes some seconds whatever it holds, some for each sequence, some for each token in the caches and
some for each token of a prompt. How many of each there were between two moments follows from the
requests themselves, as each gives one token a step. So every request is two equations, one for the
time to its first token and one for the rest, and the constants are what fulfils them best.
"""

import itertools
from dataclasses import astuple, dataclass

import numpy as np

from scaffold.plan.measurements import Measurements
from scaffold.plan.traffic import Floats

ROUNDS = 12
#: Deviations below this share count like it: the exact fit of a few must not outweigh the rest.
SMALLEST = 0.02
#: Whoever comes waits for half of a step, on average.
STEP_UNDER_WAY = 0.5
#: Tokens of a step; the servers' default below 70 GiB of memory (engine.yml, `step_tokens`).
STEP_TOKENS = 2048


@dataclass(frozen=True)
class Steps:
    """Seconds: of a step whatever it holds, for each sequence in it, for each token in their caches
    and for each token of a prompt; and of a request, before and after its steps.
    """

    step: float
    sequence: float
    cached: float
    prompt: float
    request: float

    def seconds(self, sequences: float, held: float) -> float:
        """Of a step for so many sequences, each of which holds so many tokens."""
        return self.step + sequences * (self.sequence + held * self.cached)


def account(found: Measurements) -> Steps:
    """The constants that account best for what was measured; none of them is below 0."""
    counted, seconds = _equations(found)
    weights = np.ones(len(seconds))
    chosen = np.zeros(counted.shape[1])
    # Reweighted, so that in the end the sum of relative deviations is least, not that of their
    # squares: one request that stood still must not slow down all others.
    for _ in range(ROUNDS):
        scale = np.sqrt(weights) / seconds
        chosen = _not_negative(counted * scale[:, None], seconds * scale)
        deviation = np.abs(counted @ chosen / seconds - 1)
        weights = 1 / np.maximum(deviation, SMALLEST)
    return Steps(*(float(value) for value in chosen))


def _equations(found: Measurements) -> tuple[Floats, Floats]:
    """Rows of how many steps, sequences, cached tokens, prompt tokens and requests; seconds."""
    streamed = np.isfinite(found.first)
    # An answer that comes whole shows no first token: all of its time is one equation.
    begin = np.where(streamed, found.first, found.sent)
    answer = np.nan_to_num(found.answer)
    decoded = np.maximum(answer - streamed, 0.0)
    held = found.prompt + answer / 2
    prompts = _Arrived(np.where(streamed, found.first, found.end), found.prompt)
    # In a step with a prompt in it everybody gets one token, as in any other, but it takes longer:
    # tokens flow evenly over an answer and not over the time to a first token.
    waited = prompts.between(found.sent, begin)
    steps = STEP_UNDER_WAY + np.maximum(np.ceil(waited / STEP_TOKENS), 1.0)
    seconds = found.end - begin
    many = _Flow(begin, found.end, seconds).mean(found.sent, begin)
    kept = _Flow(begin, found.end, seconds * held).mean(found.sent, begin)
    first = np.column_stack(
        [steps, steps * many, steps * kept, waited, np.ones(len(found)), begin - found.sent]
    )
    rest = np.column_stack(
        [
            np.where(streamed, decoded, np.maximum(decoded, 1.0)),
            _Flow(begin, found.end, decoded).between(begin, found.end),
            _Flow(begin, found.end, decoded * held).between(begin, found.end),
            prompts.between(begin, found.end),
            ~streamed,
            seconds,
        ]
    )
    rows = np.concatenate([first[streamed], rest[~streamed | (decoded > 0)]])
    rows = rows[rows[:, -1] > 0]
    return rows[:, :-1], rows[:, -1]


class _Flow:
    """Something that flows evenly from one moment to another, for each request; all together."""

    def __init__(self, begin: Floats, end: Floats, amount: Floats) -> None:
        flows = (amount > 0) & (end > begin)
        begin, end = begin[flows], end[flows]
        rate = amount[flows] / (end - begin)
        moments = np.concatenate([begin, end])
        order = np.argsort(moments, kind="stable")
        self.moments = moments[order]
        strength = np.cumsum(np.concatenate([rate, -rate])[order])
        gaps = np.diff(self.moments)
        self.total = np.concatenate([[0.0], np.cumsum(strength[:-1] * gaps)])

    def between(self, begin: Floats, end: Floats) -> Floats:
        """How much flows between two moments, for each pair of them."""
        if not len(self.moments):
            return np.zeros(len(begin))
        upto = np.interp(np.concatenate([begin, end]), self.moments, self.total)
        found: Floats = np.maximum(upto[len(begin) :] - upto[: len(begin)], 0.0)
        return found

    def mean(self, begin: Floats, end: Floats) -> Floats:
        """How much flows in a second between two moments, for each pair of them."""
        found: Floats = self.between(begin, end) / np.maximum(end - begin, 1e-12)
        return found


class _Arrived:
    """Something that comes all at once, for each request."""

    def __init__(self, moments: Floats, amount: Floats) -> None:
        order = np.argsort(moments, kind="stable")
        self.moments = moments[order]
        self.total = np.concatenate([[0.0], np.cumsum(amount[order])])

    def between(self, begin: Floats, end: Floats) -> Floats:
        """How much comes after a moment and until another, for each pair of them."""
        last = self.total[np.searchsorted(self.moments, end, "right")]
        found: Floats = last - self.total[np.searchsorted(self.moments, begin, "right")]
        return found


def _not_negative(counted: Floats, seconds: Floats) -> Floats:
    """Least squares without negative values: the best of all choices of what is 0.

    With five unknowns these are 31 small systems, solved from the same sums.
    """
    products, right = counted.T @ counted, counted.T @ seconds
    places = range(counted.shape[1])
    best, least = np.zeros(counted.shape[1]), np.inf
    for size in range(1, len(places) + 1):
        for chosen in itertools.combinations(places, size):
            part = np.ix_(chosen, chosen)
            found = np.linalg.lstsq(products[part], right[list(chosen)], rcond=None)[0]
            if (found < 0).any():
                continue
            # What of the sum of squares depends on the choice.
            left = found @ products[part] @ found - 2 * found @ right[list(chosen)]
            if left < least - 1e-12 * abs(least if np.isfinite(least) else 0.0):
                best, least = np.zeros(len(places)), float(left)
                best[list(chosen)] = found
    return best


def as_text(steps: Steps) -> str:
    """In a few words."""
    step, sequence, cached, prompt, request = astuple(steps)
    return (
        f"a step {step * 1e3:.3g} ms, each sequence {sequence * 1e6:.3g} us, 1000 tokens in caches "
        f"{cached * 1e9:.3g} us, 1000 tokens of prompts {prompt * 1e6:.3g} ms, a request "
        f"{request * 1e3:.3g} ms"
    )
