"""What a smoke test is made of: requests with what must come back, and how long that took."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from chutekit.ops.gateway import Answer, Gateway
from chutekit.ops.patience import seconds

ROUNDS = 3
MOST_BUSY = 0.1
UNKNOWN_PATH = 404


@dataclass(frozen=True)
class Probe:
    """One request. `fault` says what is wrong with its answer, nothing when all is well."""

    name: str
    method: str
    path: str
    body: Any
    fault: Callable[[Answer], str]


@dataclass(frozen=True)
class Finding:
    """What one probe found."""

    name: str
    fault: str
    seconds: float


def try_out(gateway: Gateway, probe: Probe) -> Finding:
    """Send one probe; again for as long as the gateway may still have the cords of before."""
    answer = gateway.call(probe.method, probe.path, probe.body)
    deadline = time.monotonic() + seconds("OPS_CACHE_SECONDS")
    while answer.status == UNKNOWN_PATH and time.monotonic() < deadline:
        time.sleep(1)
        answer = gateway.call(probe.method, probe.path, probe.body)
    return Finding(probe.name, probe.fault(answer), round(answer.seconds, 3))


def burst(gateway: Gateway, probe: Probe, size: int) -> tuple[Finding, dict[str, float]]:
    """Send a probe `size` times at once, a few times over; most must get through.

    A few busy answers are fine: the platform counts a request a little longer than it takes.
    """
    answers: list[Answer] = []
    with ThreadPoolExecutor(size) as pool:
        for _ in range(ROUNDS):
            calls = [
                pool.submit(gateway.call, probe.method, probe.path, probe.body) for _ in range(size)
            ]
            answers += [call.result() for call in calls]
    busy = sum(1 for answer in answers if answer.status == 429)
    faults = [probe.fault(answer) for answer in answers if answer.status != 429]
    fault = next((fault for fault in faults if fault), "")
    if not fault and busy > MOST_BUSY * len(answers):
        fault = f"{busy} of {len(answers)} requests were refused as too many"
    times = sorted(answer.seconds for answer in answers if answer.status == 200)
    return Finding(f"burst of {size}", fault, round(max(times, default=0), 3)), latency(times)


def latency(times: list[float]) -> dict[str, float]:
    """Return the figures of several durations, in seconds."""
    if not times:
        return {}
    cuts = statistics.quantiles(times, n=20, method="inclusive") if len(times) > 1 else times * 19
    return {
        "p50_s": round(cuts[9], 3),
        "p95_s": round(cuts[18], 3),
        "max_s": round(max(times), 3),
    }
