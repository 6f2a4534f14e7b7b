"""How fast the simulation of `chute-new plan` is, and how much memory it takes.

    python benchmarks/plan.py                 # days of 10 requests per second, quiet and crowded
    python benchmarks/plan.py --month         # a month at 1,000 requests per second (minutes)

Prints one JSON line per case: seconds of processor time, peak memory of this process in MB, and the
ratio to a yardstick of the same run: putting a number for each request into a heap of 64 and taking
one out, in a loop of Python, which is the least that any simulation of requests one by one does.
"""

import argparse
import heapq
import json
import resource
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from scaffold.plan.rules import Rules, rule_book
from scaffold.plan.settings import Callers, Hardware, Settings
from scaffold.plan.simulation import Simulation
from scaffold.plan.traffic import Duration, Traffic, constant, daily

DAYS: list[tuple[str, Traffic, Settings, float]] = [
    ("day, 10 requests/s, 64 at once", constant(10, 24), Settings(64), 4.0),
    ("day, 10 requests/s, daily curve", daily(10, 24), Settings(64), 6.0),
    ("day, 10 requests/s, one at a time", constant(10, 24), Settings(1, 100, 0.75), 2.0),
    ("day, 10 requests/s, 3 times too many", constant(10, 24), Settings(1, 3), 1.0),
    ("day, 0.1 requests/s, one at a time", constant(0.1, 24), Settings(1), 4.0),
]
MONTH = ("month, 1,000 requests/s", constant(1000, 730), Settings(256, 20, 0.6), 2.0)
# Engines that are shared: seconds of a request by the number in flight, 5 to 11 with 64.
SHARED = ("day, 10 requests/s, a shared engine", constant(10, 24), Settings(64), 1.0)
PACE = [5.0, *(4.9 + 0.1 * count for count in range(1, 65))]
SHARED_MONTH = ("month, 1,000 requests/s, shared", constant(1000, 730), Settings(256, 20, 0.6), 1.0)
MONTH_PACE = [1.8, *(1.8 + 0.012 * count for count in range(1, 257))]


YARDSTICK_REQUESTS = 1_000_000


def yardstick() -> float:
    """Seconds of processor time for a request, of a heap alone."""
    heap = [float(number) for number in range(64)]
    start = time.process_time()
    for number in range(64, 64 + YARDSTICK_REQUESTS):
        heapq.heappush(heap, float(number))
        heapq.heappop(heap)
    return (time.process_time() - start) / YARDSTICK_REQUESTS


def measure(
    name: str,
    traffic: Traffic,
    settings: Settings,
    seconds: float,
    rules: Rules,
    pace: list[float] | None = None,
) -> dict[str, object]:
    """Play one case at one end of the autoscaler's cadence."""
    hardware, bare = Hardware(1.8, Duration(150, cv=0.3)), yardstick()
    start = time.process_time()
    result = Simulation(
        settings,
        traffic,
        Duration(seconds),
        rules=rules,
        hardware=hardware,
        callers=Callers(),
        seed=1,
        pace=pace,
    ).run()
    spent = time.process_time() - start
    attempts = result.requests + result.busy_answers + result.cold_answers
    return {
        "case": name,
        "autoscaler_seconds": rules.autoscaler_seconds,
        "requests": result.requests,
        "attempts": attempts,
        "seconds": round(spent, 2),
        "ratio": round(spent / result.requests / bare, 2),
        "requests_per_second": round(result.requests / spent),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "refused_share": round(result.refused_share, 6),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--month", action="store_true", help="the month instead of the days")
    month = parser.parse_args().month
    shared, pace = (SHARED_MONTH, MONTH_PACE) if month else (SHARED, PACE)
    for rules in rule_book().ends:
        print(json.dumps(measure(*shared, rules, pace)), flush=True)
    for case in [MONTH] if month else DAYS:
        for rules in rule_book().ends:
            print(json.dumps(measure(*case, rules)), flush=True)


if __name__ == "__main__":
    main()
