"""Waits until a chute answers: an instance is found, started, and serves the wanted version."""

from __future__ import annotations

import time
from typing import Any

from chutekit.ops import sent
from chutekit.ops.declared import Declared
from chutekit.ops.errors import Problem
from chutekit.ops.gateway import Gateway
from chutekit.ops.live import live
from chutekit.ops.patience import seconds
from chutekit.ops.platform import Platform
from chutekit.ops.progress import say, wait
from chutekit.ops.transport import HINTS

#: How often the platform is asked again for an instance; its own request lapses after an hour.
ASK_AGAIN_SECONDS = 600
#: How long a key that was just made may be unknown to the part of the platform that takes calls.
KEY_SECONDS = 20
COLD = (0, 404, 429, 500, 502, 503, 504)


def wake(platform: Platform, gateway: Gateway, wanted: Declared) -> dict[str, Any]:
    """Return what /health says as soon as an instance with the wanted code answers it."""
    say(f"Waking {wanted.name}. Finding a GPU and loading the model can take many minutes.")
    began = time.monotonic()
    asked = float("-inf")
    facts: dict[str, Any] = {}

    def look() -> tuple[bool, str]:
        nonlocal asked, facts
        if time.monotonic() - asked > ASK_AGAIN_SECONDS:
            platform.wake(wanted.chute_id)
            asked = time.monotonic()
        answer = gateway.call("GET", "/health")
        if answer.status == 401 and time.monotonic() - began < KEY_SECONDS:
            return False, "not open to its new key yet"
        if answer.status in COLD:
            return False, _state(platform, wanted, answer.status)
        if answer.status != 200:
            hint = HINTS.get(answer.status, "`make logs` shows what its instances do.")
            raise Problem(f"/health of {wanted.name} answered {answer.status}.", hint)
        last = sent.read(wanted.variant)
        if last and (old := last.still_answering(live(platform, wanted))):
            return False, f"{old} instances of the old version still answer"
        facts = answer.json() or {}
        return True, "awake"

    hint = "`make logs CHUTE=staging` shows what an instance does; run the command again to go on."
    wait(wanted.name, seconds("OPS_WAKE_SECONDS"), look, hint)
    return facts


def _state(platform: Platform, wanted: Declared, status: int) -> str:
    found = live(platform, wanted)
    instances = found.instances if found else []
    active = sum(1 for instance in instances if instance.get("active"))
    if status == 429:
        return "busy"
    if not instances:
        return "cold, waiting for a GPU"
    return f"{len(instances)} starting, {active} active, /health answers {status or 'nothing'}"
