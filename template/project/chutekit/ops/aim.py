"""Where a load goes: to staging, woken and as chute.py declares it, or to an address."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from chutekit.ops.bill import TARGET_SECONDS, Bill
from chutekit.ops.command import NO, OUTSIDE, USAGE, Problem, say
from chutekit.ops.cost import prices
from chutekit.ops.declared import Declared
from chutekit.ops.gateway import Gateway, gateway, wake
from chutekit.ops.live import Live, deployed, differences
from chutekit.ops.platform import Platform
from chutekit.ops.session import session
from chutekit.ops.transport import secure

#: A key for an address; never an argument, which everybody on the machine can read.
KEY_VARIABLE = "LOAD_API_KEY"


@dataclass(frozen=True)
class Aim:
    """A chute to send requests to; `facts` are for the report."""

    calls: Gateway
    facts: dict[str, Any]


@dataclass(frozen=True)
class Staging:
    """The staging chute of this account."""

    platform: Platform
    wanted: Declared
    found: Live

    def bill(self, most_usd: float) -> Bill:
        """Return what a load on it costs."""
        settings = self.wanted.settings
        _, dearest = prices(self.found.chute, self.wanted)
        most, idle = settings["max_instances"], settings["shutdown_after_seconds"]
        return Bill(dearest, most, idle + (TARGET_SECONDS if most > 1 else 0), most_usd)

    @contextmanager
    def opened(self) -> Iterator[Aim]:
        """Wake it and open its gateway."""
        with gateway(self.platform, self.found.chute, "load") as calls:
            health = wake(self.platform, calls, self.wanted)
            told = {"name": self.wanted.name, "version": self.found.version}
            yield Aim(calls, {**told, "kind": "staging", **_known(self.wanted, health)})


@dataclass(frozen=True)
class Address:
    """Any server that speaks this chute's API: `make dev`, or another deployment of it."""

    url: str
    usd_per_hour: float

    def bill(self, most_usd: float) -> Bill:
        """Return what a load on it costs; nothing unless its price was given."""
        return Bill(self.usd_per_hour, 1, 0.0, most_usd)

    @contextmanager
    def opened(self) -> Iterator[Aim]:
        """Look whether anybody answers there."""
        calls = Gateway(self.url, os.environ.get(KEY_VARIABLE, ""))
        answer = calls.call("GET", "/health")
        if answer.status == 0:
            raise Problem(
                f"Nothing answers at {self.url}.", "Start it first: make dev PORT=8000", OUTSIDE
            )
        health = answer.json() if answer.status == 200 else None
        facts = _known(None, health if isinstance(health, dict) else {})
        yield Aim(calls, {"name": self.url, "kind": "address", **facts})


def staging() -> Staging:
    """Return the staging chute; Problem unless it is deployed and what chute.py declares."""
    platform, wanted = session("staging")
    found = deployed(platform, wanted)
    if wrong := differences(wanted, found):
        raise Problem(
            f"{wanted.name} is not what chute.py declares: {'; '.join(wrong)}.",
            f"Run: make {wanted.target}",
            NO,
        )
    return Staging(platform, wanted, found)


def address(text: str, usd_per_hour: float) -> Address:
    """Return where an address leads; Problem when it is none, has a secret in it or leaks one."""
    parts = urlsplit(text)
    if parts.username or parts.password or parts.query or parts.fragment:
        raise Problem(
            "--url takes an address without a name, a password or a query in it.",
            f"A key goes into the environment variable {KEY_VARIABLE}.",
            USAGE,
        )
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Problem("--url must be an address such as http://127.0.0.1:8000.", status=USAGE)
    url = text.rstrip("/")
    if os.environ.get(KEY_VARIABLE):
        url = secure(url, "--url")  # without a key there is nothing to overhear
    return Address(url, usd_per_hour)


#: What /health may tell that matters for a speed.
TOLD = ("model", "revision", "engine", "backend", "gpu", "gpus", "gpu_count", "concurrency")


def _known(wanted: Declared | None, health: dict[str, Any]) -> dict[str, Any]:
    facts = {name: health[name] for name in TOLD if name in health}
    if facts.get("backend") == "stub":
        say("The stub answers instead of the model: what is measured is not the model's speed.")
    if wanted:
        facts["gpu_count"] = wanted.selector["gpu_count"]
        facts["concurrency"] = wanted.settings["concurrency"]
    return facts
