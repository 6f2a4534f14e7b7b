"""Percentiles with what is certain of them, rates and counts of a number of requests."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from chutekit.load.outcome import LATE, UNSENT, Outcome

SHARES = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99}
CERTAIN = 0.95
#: What is measured, by the name it has in figures and goals.
MEASURES = {"first_token_s": "first_s", "between_tokens_s": "between_s", "whole_s": "whole_s"}
#: Of a request without an answer in time they have no end, where others have them at all.
ENDLESS = ("first_s", "between_s")


def figures(outcomes: Sequence[Outcome], seconds: float) -> dict[str, Any]:
    """Return all figures of requests that were due within so many seconds."""
    answered = [one for one in outcomes if one.ok]
    span = max([seconds, *(one.due_s + one.whole_s - outcomes[0].due_s for one in answered)])
    ended = Counter(one.ended for one in outcomes if not one.ok)
    tokens = {
        name: sum(getattr(one, name) or 0 for one in answered)
        for name in ("tokens_in", "tokens_out")
    }
    return {
        "requests": len(outcomes),
        "answered": len(answered),
        "failed": dict(ended.most_common()),
        "failed_share": _rounded(1 - len(answered) / len(outcomes)) if outcomes else 0.0,
        "requests_per_second": _rounded(len(outcomes) / seconds) if seconds else 0.0,
        "answered_per_second": _rounded(len(answered) / span) if span else 0.0,
        "tokens_in_per_second": _rounded(tokens["tokens_in"] / span) if span else 0.0,
        "tokens_out_per_second": _rounded(tokens["tokens_out"] / span) if span else 0.0,
        "in_flight_mean": _rounded(sum(_held(one) for one in outcomes) / span) if span else 0.0,
        **{name: spread(_values(outcomes, field)) for name, field in MEASURES.items()},
        "longest_gap_s": spread(_values(answered, "gap_s")),
        "late_s": spread(_values(outcomes, "late_s")),
    }


def _held(one: Outcome) -> float:
    return 0.0 if one.ended == UNSENT else max(one.whole_s - one.late_s, 0.0)


def _values(outcomes: Iterable[Outcome], field: str) -> list[float]:
    """Of those that got an answer; those that waited in vain have waited without end."""
    found = [
        value
        for one in outcomes
        if (one.ok or field == "late_s") and (value := getattr(one, field)) is not None
    ]
    if field == "whole_s" or (found and field in ENDLESS):
        found += [math.inf for one in outcomes if one.ended == LATE]
    return sorted(found)


def spread(values: Sequence[float]) -> dict[str, Any] | None:
    """Return mean, percentiles and maximum of sorted values; None of none.

    A value without end, that of a request which was never answered, is None.
    """
    if not values:
        return None
    return {
        "count": len(values),
        "mean": _finite(math.fsum(values) / len(values)),
        **{name: percentile(values, share) for name, share in SHARES.items()},
        "max": _finite(values[-1]),
    }


def percentile(values: Sequence[float], share: float) -> dict[str, float | None]:
    """Return a percentile of sorted values, and between which two of them it lies for certain.

    `low` and `high` are order statistics, whatever the distribution: the number of values below the
    true percentile is binomial, so it lies between them with a chance of 95 %, if the values are
    independent of each other. Those of a queue are not quite, which makes the true bounds wider.
    None for a bound that so few values do not have.
    """
    count = len(values)
    low, high = _ranks(count, share)
    return {
        "value": _finite(values[min(count - 1, max(0, math.ceil(share * count) - 1))]),
        "low": _finite(values[low - 1]) if low >= 1 else None,
        "high": _finite(values[high - 1]) if high <= count else None,
    }


def _ranks(count: int, share: float) -> tuple[int, int]:
    """Return between which ranks, from 1, the percentile of so many values lies."""
    tail = (1 - CERTAIN) / 2
    middle, width = count * share, 8 * math.sqrt(count * share * (1 - share)) + 8
    first, last = max(0, int(middle - width)), min(count, int(middle + width))
    below, low, high = 0.0, 0, count + 1
    for rank in range(first, last + 1):
        # `below` becomes the chance that at most `rank` values lie below the true percentile.
        below += _binomial(count, rank, share)
        if below <= tail:
            low = rank + 1
        if below >= 1 - tail:
            high = rank + 1
            break
    return low, high


def _binomial(count: int, hits: int, share: float) -> float:
    ways = math.lgamma(count + 1) - math.lgamma(hits + 1) - math.lgamma(count - hits + 1)
    return math.exp(ways + hits * math.log(share) + (count - hits) * math.log(1 - share))


def _finite(value: float) -> float | None:
    return _rounded(value) if math.isfinite(value) else None


def _rounded(value: float) -> float:
    return round(value, 6)
