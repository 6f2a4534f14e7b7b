"""How far the engine model of `chute-new plan` is from measurements, and what fits them better.

    python benchmarks/engine.py                       # the sample that the tests keep
    python benchmarks/engine.py --fit --rows FILE     # constants of dense models anew

tests/support/plan_published.py says what a row is.

Prints JSON lines. The fit minimises the mean absolute logarithm of the ratio, every combination of
model, GPU and format weighing as the root of its rows, within what kernels alone reach; rows held
back are left out. docs/plan.md has what it came to on all rows.
"""

import argparse
import csv
import json
import math
import statistics
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from scaffold.plan.engine import Constants, constants
from support.plan_published import Row, ratio

ROOT = Path(__file__).parents[1]
# The most that kernels alone were seen to reach, and what a share can be.
BOUNDS = {16: 0.82, 8: 0.77, 4: 0.8}
SHARES = ("decode_share", "prompt_share")
SECONDS = ("layer_seconds", "sequence_seconds")


def errors(rows: list[Row], fitted: Constants) -> dict[str, float]:
    """Mean and median absolute error and bias, as shares."""
    off = [ratio(row, fitted) - 1 for row in rows]
    return {
        "rows": len(rows),
        "mean": round(statistics.mean(map(abs, off)), 3),
        "median": round(statistics.median(map(abs, off)), 3),
        "bias": round(statistics.mean(off), 3),
    }


def loss(rows: list[Row], fitted: Constants) -> float:
    """What the fit minimises."""
    groups = defaultdict(list)
    for row in rows:
        key = row["model"], row["gpu"], row["weights"], row["gpus"]
        groups[key].append(abs(math.log(ratio(row, fitted))))
    weights = [math.sqrt(len(group)) for group in groups.values()]
    means = map(statistics.mean, groups.values())
    return sum(w * mean for w, mean in zip(weights, means, strict=True)) / sum(weights)


def near(fitted: Constants, factor: float) -> Iterator[Constants]:
    """One constant changed at a time."""
    for name in (*SECONDS, *SHARES):
        value = getattr(fitted, name) * factor
        if name in SECONDS or value < 0.9:
            yield replace(fitted, **{name: value})
    for bits, most in BOUNDS.items():
        value = min(most, fitted.weights_share[bits] * factor)
        yield replace(fitted, weights_share={**fitted.weights_share, bits: value})


def fit(rows: list[Row], start: Constants) -> Constants:
    """Smaller and smaller steps downhill."""
    best, least, step = start, loss(rows, start), 0.3
    while step > 0.02:
        tried = [c for factor in (1 + step, 1 / (1 + step)) for c in near(best, factor)]
        found, other = min(((loss(rows, c), i) for i, c in enumerate(tried)), default=(least, 0))
        if found < least - 1e-5:
            best, least = tried[other], found
        else:
            step /= 1.7
    return best


def main() -> None:
    """Report, and fit if asked."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--rows", type=Path, default=ROOT / "tests/plan/published.csv")
    parser.add_argument("--fit", action="store_true")
    options = parser.parse_args()
    rows = list(csv.DictReader(options.rows.read_text().splitlines()))
    known = constants("dense")
    for kind in ("fitted", "held back"):
        chosen = [row for row in rows if row["row"] == kind]
        print(json.dumps({"row": kind} | errors(chosen, known)))
    for gpu in sorted({row["gpu"] for row in rows}):
        chosen = [row for row in rows if row["gpu"] == gpu]
        print(json.dumps({"gpu": gpu} | errors(chosen, known)))
    if options.fit:
        found = fit([row for row in rows if row["row"] == "fitted"], known)
        held = [row for row in rows if row["row"] == "held back"]
        print(json.dumps(vars(found)))
        print(json.dumps({"row": "held back, with these"} | errors(held, found)))


if __name__ == "__main__":
    main()
