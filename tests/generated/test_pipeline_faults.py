"""Every request of every step fails once in every way.

The step must say so, leave production as it is, and do its work when it is run again.
"""

from __future__ import annotations

import pytest

from support.pipeline import (
    STEPS,
    Begin,
    Bench,
    finish,
    production,
    says_no,
)
from support.platform_double import Fault

IMAGE, CHUTE = "/images/[^/]+", "/chutes/[^/]+"
#: Calls of the chute, which has a host of its own.
HEALTH, GENERATE = "/health", "/generate"
ASKED = ["401", "500", "html", "hang", "reset"]
POSTED = ["401", "402", "403", "409", "422", "429", "500", "html", "hang", "reset"]
#: One of each sort: what is refused, owed, there already, too much, broken, and cut off.
SORTS = ["401", "402", "409", "429", "500", "reset"]
#: What may have been done nevertheless; after the others nothing was, whichever it is.
PERHAPS_DONE = {"409", "500", "hang", "reset"}
#: After a request that only asks, these show that what the step did before does not hinder it.
ASKED_AGAIN = {"hang", "reset"}
DEPLOYING = [
    *(("GET", CHUTE, kind, "ops") for kind in ASKED),
    *(("GET", IMAGE, kind, "ops") for kind in ("404", "500", "reset")),
    *(("GET", IMAGE, kind, "cli") for kind in ("404", "500", "html", "hang", "reset")),
    *(("POST", "/chutes/", kind, "cli") for kind in ["400", *POSTED]),
]
#: The same code deploys in each of three steps: every way is tried with the one that clients of
#: production feel first, in the others one of each sort.
ALIKE = [
    ("GET", CHUTE, "401", "ops"),
    ("GET", CHUTE, "hang", "ops"),
    ("GET", IMAGE, "404", "ops"),
    ("GET", IMAGE, "html", "cli"),
    ("POST", "/chutes/", "402", "cli"),
    ("POST", "/chutes/", "409", "cli"),
    ("POST", "/chutes/", "500", "cli"),
    ("POST", "/chutes/", "reset", "cli"),
]
FAULTS = {
    "build": [
        *(("GET", IMAGE, kind, "ops") for kind in ASKED),
        *(("GET", IMAGE, kind, "cli") for kind in ASKED),
        *(("POST", "/images/", kind, "cli") for kind in SORTS),
    ],
    "deploy": ALIKE,
    "smoke": [
        *(("GET", CHUTE, kind, "ops") for kind in ASKED),
        *(("GET", "/api_keys/", kind, "ops") for kind in ("401", "500", "reset")),
        *(("POST", "/api_keys/", kind, "ops") for kind in SORTS),
        *(("GET", "/chutes/warmup/.+", kind, "ops") for kind in ("402", "404", "500", "hang")),
        *(("GET", HEALTH, kind, "ops") for kind in ("401", "402", "503", "hang")),
        *(("POST", GENERATE, kind, "ops") for kind in ("429", "500", "html", "hang")),
    ],
    "promote": DEPLOYING,
    "rollback": ALIKE,
}
ROWS = [(step, *fault) for step, faults in FAULTS.items() for fault in faults]
HINTS = {"401": "credentials", "402": "balance", "429": "24"}


@pytest.mark.whole
@pytest.mark.parametrize(
    ("step", "method", "path", "kind", "client"),
    ROWS,
    ids=[
        f"{step}-{method}-{path.strip('/')}-{kind}-{client}"
        for step, method, path, kind, client in ROWS
    ],
)
def test_a_failing_request_stops_the_step_and_nothing_else(
    bench: Bench, begin: Begin, step: str, method: str, path: str, kind: str, client: str
) -> None:
    world = begin(step)
    before = production(world)
    fault = Fault(method, path, kind, client)
    bench.double.faults.append(fault)

    run = bench.run(*STEPS[step])

    assert fault.seen, "the step never asked for that"
    says_no(run)
    if path not in (HEALTH, GENERATE):  # calls of the chute itself fail with findings
        assert HINTS.get(kind, "") in run.stderr
    assert production(world) == before
    bench.double.faults.clear()
    if kind in (ASKED_AGAIN if method == "GET" else PERHAPS_DONE):
        finish(bench, step)
