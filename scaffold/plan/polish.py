"""Constants of an engine that play back what was measured, from those that account for it."""

from dataclasses import astuple

import numpy as np

from scaffold.plan.fitting import Steps, account
from scaffold.plan.measurements import Measurements
from scaffold.plan.replay import replay
from scaffold.plan.traffic import Floats

#: Changes that are tried of each constant in turn, the larger ones first.
FACTORS = (1.5, 1.2, 1.07, 1.02)
#: Requests of a stage that are played; more only take time.
PLAYED = 1500
BETTER = 0.999


def fit(found: Measurements) -> Steps:
    """The constants with which a replay comes nearest to the first tokens and ends measured.

    Nearest in the mean absolute logarithm of the ratio, over first tokens and over the rest.
    """
    part = _first(found)
    best = np.array(astuple(account(part)))
    least = _distance(part, best)
    for factor in FACTORS:
        improved = True
        while improved:
            improved = False
            for place in range(len(best)):
                for change in (factor, 1 / factor):
                    tried = best.copy()
                    tried[place] *= change
                    distance = _distance(part, tried)
                    if distance < least * BETTER:
                        best, least, improved = tried, distance, True
    return Steps(*best.tolist())


def replayed(found: Measurements, steps: Steps) -> tuple[Floats, Floats]:
    """Moments of the first and the last token, as an engine with these constants has them."""
    answer = np.nan_to_num(found.answer)
    return replay(found.sent, found.prompt, answer, steps, most=found.concurrency)


def _first(found: Measurements) -> Measurements:
    kept = np.zeros(len(found), bool)
    for stage in set(found.stage.tolist()):
        kept[np.flatnonzero(found.stage == stage)[:PLAYED]] = True
    return found.where(kept)


def _distance(found: Measurements, constants: Floats) -> float:
    first, end = replayed(found, Steps(*constants.tolist()))
    whole = _apart(end - found.sent, found.end - found.sent)
    streamed = np.isfinite(found.first)
    if not streamed.any():
        return whole
    return whole + _apart((first - found.sent)[streamed], (found.first - found.sent)[streamed])


def _apart(computed: Floats, real: Floats) -> float:
    known = real > 0
    return float(np.abs(np.log(np.maximum(computed[known], 1e-9) / real[known])).mean())
