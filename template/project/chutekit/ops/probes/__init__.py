"""What a smoke test is made of: requests, what must come back, and how long that took.

The modules beside this one have the requests, for each kind of API.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from chutekit.ops.command import comes_true, seconds
from chutekit.ops.gateway import Answer, Gateway

ROUNDS = 3
MOST_BUSY = 0.1
UNKNOWN_PATH = 404


@dataclass(frozen=True)
class Probe:
    """One request. `wrong` says what is wrong with an answer of its status, if anything.

    `body` is sent as JSON; a function is called for each sending.
    """

    name: str
    method: str
    path: str
    body: Any
    wrong: Callable[[Answer], str]
    status: int = 200

    def payload(self) -> Any:
        """Return the body to send now."""
        return self.body() if callable(self.body) else self.body

    def send(self, gateway: Gateway) -> Answer:
        """Send it once."""
        return gateway.call(self.method, self.path, self.payload())

    def fault(self, answer: Answer) -> str:
        """Say what is wrong with its answer, nothing when all is well."""
        if answer.status != self.status:
            return f"answered {answer.status}, not {self.status}"
        return self.wrong(answer)


@dataclass(frozen=True)
class Load:
    """What a load is made of: bodies with a text in them, by path; the first path is the usual one.

    `words` has the usual text. `streamed` is added to a body so that its answer comes in pieces and
    with its tokens counted; where it is empty, answers come whole.
    """

    asking: dict[str, Callable[[str], dict[str, Any]]]
    words: int
    streamed: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Finding:
    """What one probe found."""

    name: str
    fault: str
    seconds: float


def try_out(gateway: Gateway, probe: Probe) -> Finding:
    """Send one probe; again for as long as the gateway may still have the cords of before."""
    answers: list[Answer] = []

    def known() -> bool:
        answers.append(probe.send(gateway))
        return answers[-1].status != UNKNOWN_PATH

    comes_true(seconds("OPS_CACHE_SECONDS"), known)
    answer = answers[-1]
    return Finding(probe.name, probe.fault(answer), round(answer.seconds, 3))


def burst(gateway: Gateway, probe: Probe, size: int) -> tuple[Finding, dict[str, float]]:
    """Send a probe `size` times at once, a few times over; most must get through.

    A few busy answers are fine: the platform counts a request a little longer than it takes.
    """
    answers: list[Answer] = []
    with ThreadPoolExecutor(size) as pool:
        for _ in range(ROUNDS):
            calls = [pool.submit(probe.send, gateway) for _ in range(size)]
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


def refusal(method: str, path: str, body: Any, field: str) -> Probe:
    """Return a probe with a wrong request, which must be told which field is wrong."""

    def wrong(answer: Answer) -> str:
        error = answer.error()
        named = [error.get("param"), *(found.get("field") for found in error.get("fields") or ())]
        return "" if field in named else f"named {named} as wrong, not {field}"

    return Probe("a wrong request gets a 400", method, path, body, wrong, 400)


def models(answer: Answer) -> str:
    """Check the list of models."""
    found = (answer.json() or {}).get("data") or []
    return "" if found and found[0].get("id") else "listed no model"
