"""Deploys a chute and believes only what the platform says when it is read back."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chutekit.ops import build, fee, sent
from chutekit.ops.advice import advice
from chutekit.ops.cli import Output, chutes
from chutekit.ops.declared import Declared
from chutekit.ops.errors import Problem
from chutekit.ops.live import Live, differences, live
from chutekit.ops.patience import seconds
from chutekit.ops.platform import Platform
from chutekit.ops.progress import say, wait

#: How often what is wanted is deployed again because something else arrived after it.
ROUNDS = 3


@dataclass(frozen=True)
class Outcome:
    """The chute as it is now, and whether anything was deployed for that."""

    found: Live
    changed: bool

    def facts(self, wanted: Declared) -> dict[str, Any]:
        """The same for programs."""
        return {
            "chute": wanted.name,
            "chute_id": wanted.chute_id,
            "version": self.found.version,
            "image": wanted.image,
            "changed": self.changed,
        }


@dataclass(frozen=True)
class Deployment:
    """One step's wish to have a chute run what is declared; `lock` is held, see turn.py."""

    platform: Platform
    wanted: Declared
    step: str
    lock: int
    #: Where the module lies, and whether a first deployment's fee may be paid.
    folder: Path = Path(".")
    paid: bool = True

    def carry_out(self, before: Callable[[Live | None], None] = lambda found: None) -> Outcome:
        """Return once the platform has the chute as declared, now and to stay.

        `before` is told what is live before something else is sent.
        """
        last = sent.read(self.wanted.variant)
        contested = last and last.contests(self.wanted.image_id, self.wanted.code)
        changed = False
        for _ in range(ROUNDS):
            found = live(self.platform, self.wanted)
            if differences(self.wanted, found):
                before(found)
                self._put(found)
                changed = True
            if not contested or self._stays():
                sent.arrived(self.wanted.variant)
                return Outcome(self._now(), changed)
        raise Problem(
            f"{self.wanted.name} does not stay as it is deployed.",
            "Somebody else deploys it at the same time. `make status` shows what it is now.",
        )

    def _now(self) -> Live:
        found = live(self.platform, self.wanted)
        if found is None:
            raise Problem(f"{self.wanted.name} was deleted meanwhile.", "Run the command again.")
        return found

    def _put(self, found: Live | None) -> None:
        build.require(self.platform, self.wanted)
        say(f"Deploying {self.wanted.name} with {self.wanted.image}.")
        former = sent.read(self.wanted.variant)
        output = self._submit(found)
        if fee.is_notice(output.complaint) and found is None and self.paid:
            sent.forget(self.wanted.variant, former)
            fee.accept(self.wanted.name, output.complaint)
            output = self._submit(found, "--accept-fee")
        if not self._arrives(output):
            if output.refused:
                sent.forget(self.wanted.variant, former)
            reason = output.complaint
            raise Problem(f"{self.wanted.name} was not deployed: {reason}", advice(reason))

    def _submit(self, found: Live | None, *flags: str) -> Output:
        wanted, limit = self.wanted, seconds("OPS_DEPLOY_SECONDS")
        sent.note(wanted.variant, self.step, found, wanted.image_id, wanted.code)
        arguments = ("deploy", self.wanted.reference, *flags)
        return chutes(*arguments, limit=limit, folder=self.folder, lock=self.lock)

    def _arrives(self, output: Output) -> bool:
        """Tell whether the platform has it; without a complaint it must, in time."""
        if output.complaint:
            # A connection that broke says nothing about what was done at its other end.
            patience = 0 if output.refused else seconds("OPS_FLIGHT_SECONDS")
            return _watch(patience, lambda: not self._wrong())

        def look() -> tuple[bool, str]:
            wrong = self._wrong()
            return not wrong, "; ".join(wrong) or "as declared"

        hint = "Run the command again; `make status` shows what the platform has."
        wait(f"{self.wanted.name} on the platform", seconds("OPS_DEPLOY_SECONDS"), look, hint)
        return True

    def _stays(self) -> bool:
        """Tell whether it is still as declared when nothing sent earlier can come any more."""
        say(
            f"The last command that deployed {self.wanted.name} did not end well, and what it sent"
            f" may still arrive: watching for {seconds('OPS_FLIGHT_SECONDS'):.0f} s."
        )
        return not _watch(seconds("OPS_FLIGHT_SECONDS"), lambda: bool(self._wrong()))

    def _wrong(self) -> list[str]:
        return differences(self.wanted, live(self.platform, self.wanted))


def _watch(limit: float, look: Callable[[], bool]) -> bool:
    """Look until it is true or the time is over; return whether it became true."""
    deadline = time.monotonic() + limit
    while not look():
        if time.monotonic() >= deadline:
            return False
        time.sleep(min(1.0, limit / 4))
    return True
