"""Deploy the staging chute: `make deploy-staging`. Production is deployed by `make promote`.

Of a deployment, whichever step makes it, only what the platform says when read back is believed.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chutekit.ops import build, notes
from chutekit.ops.cli import Output, chutes
from chutekit.ops.command import (
    REFUSED,
    Problem,
    Result,
    comes_true,
    interactive,
    options,
    run,
    say,
    seconds,
    wait,
)
from chutekit.ops.declared import Declared
from chutekit.ops.live import Live, differences, live
from chutekit.ops.platform import Platform
from chutekit.ops.session import session
from chutekit.ops.transport import advice

#: Accepts the fee of a chute's first deployment where nobody can be asked.
FEE_VARIABLE = "ACCEPT_FEE"
#: How often what is wanted is deployed again because something else arrived after it.
ROUNDS = 3


def stage(arguments: argparse.Namespace) -> Result:
    """Deploy `staging` unless the platform has this very code and image already."""
    platform, wanted = session("staging")
    with notes.turn() as lock:
        done = Deployment(platform, wanted, "deploy", lock).carry_out()
    return done.result(wanted, "is deployed", "smoke-staging")


@dataclass(frozen=True)
class Outcome:
    """The chute as it is now, and whether anything was deployed for that."""

    found: Live
    changed: bool

    def result(self, wanted: Declared, did: str, next_step: str, **facts: Any) -> Result:
        """The same for people, with what to make next, and for programs."""
        version = self.found.version
        if not self.changed:
            did = "has this code and image already, nothing to do"
        return Result(
            f"{wanted.name} {did}. Version {version}. Next: make {next_step}",
            {
                "chute": wanted.name,
                "chute_id": wanted.chute_id,
                "version": version,
                "image": wanted.image,
                "changed": self.changed,
                **facts,
            },
        )


@dataclass(frozen=True)
class Deployment:
    """One step's wish to have a chute run what is declared; `lock` is held, see notes.py."""

    platform: Platform
    wanted: Declared
    step: str
    lock: int
    #: Where the module lies, and whether a first deployment's fee may be paid.
    folder: Path = Path()
    paid: bool = True

    def carry_out(self, before: Callable[[Live | None], None] = lambda found: None) -> Outcome:
        """Return once the platform has the chute as declared, now and to stay.

        `before` is told what is live before something else is sent.
        """
        last = notes.sent(self.wanted.variant)
        contested = last and last.contests(self.wanted.image_id, self.wanted.code)
        changed = False
        for _ in range(ROUNDS):
            found = live(self.platform, self.wanted)
            if differences(self.wanted, found):
                before(found)
                self._put(found)
                changed = True
            if not contested or self._stays():
                notes.arrived(self.wanted.variant)
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
        former = notes.sent(self.wanted.variant)
        output = self._submit(found)
        if _is_fee_notice(output.complaint) and found is None and self.paid:
            notes.forget(self.wanted.variant, former)
            _accept_fee(self.wanted.name, output.complaint)
            output = self._submit(found, "--accept-fee")
        if not self._arrives(output):
            if output.refused:
                notes.forget(self.wanted.variant, former)
            reason = output.complaint
            raise Problem(f"{self.wanted.name} was not deployed: {reason}", advice(reason))

    def _submit(self, found: Live | None, *flags: str) -> Output:
        wanted, limit = self.wanted, seconds("OPS_DEPLOY_SECONDS")
        notes.sending(wanted.variant, self.step, found, wanted.image_id, wanted.code)
        arguments = ("deploy", wanted.reference, *flags)
        return chutes(*arguments, limit=limit, folder=self.folder, lock=self.lock)

    def _arrives(self, output: Output) -> bool:
        """Tell whether the platform has it; without a complaint it must, in time."""
        if output.complaint:
            # A connection that broke says nothing about what was done at its other end.
            patience = 0 if output.refused else seconds("OPS_FLIGHT_SECONDS")
            return comes_true(patience, lambda: not self._wrong())

        def look() -> tuple[bool, str]:
            wrong = self._wrong()
            return not wrong, "; ".join(wrong) or "as declared"

        hint = "Run the command again; `make status` shows what the platform has."
        wait(f"{self.wanted.name} on the platform", "OPS_DEPLOY_SECONDS", look, hint)
        return True

    def _stays(self) -> bool:
        """Tell whether it is still as declared when nothing sent earlier can come any more."""
        say(
            f"The last command that deployed {self.wanted.name} did not end well, and what it sent"
            f" may still arrive: watching for {seconds('OPS_FLIGHT_SECONDS'):.0f} s."
        )
        return not comes_true(seconds("OPS_FLIGHT_SECONDS"), lambda: bool(self._wrong()))

    def _wrong(self) -> list[str]:
        return differences(self.wanted, live(self.platform, self.wanted))


def _is_fee_notice(complaint: str) -> bool:
    """Tell whether the platform refused a deployment only because a fee must be accepted."""
    return "accept-fee" in complaint or "fee notice" in complaint.lower()


def _accept_fee(name: str, notice: str) -> None:
    """Return when the fee is accepted: by ACCEPT_FEE=yes or, on a terminal, by hand."""
    say(f"The first deployment of {name} costs a fee. The platform says: {notice}")
    if os.environ.get(FEE_VARIABLE, "").lower() == "yes":
        say(f"Accepted by {FEE_VARIABLE}=yes.")
        return
    if interactive():
        say("Pay it and deploy? Type yes to accept.")
        if input().strip().lower() in ("y", "yes"):
            return
        raise Problem("The fee was not accepted; nothing was deployed.", status=REFUSED)
    raise Problem(
        f"The first deployment of {name} costs a fee that nobody accepted.",
        f"Run it with {FEE_VARIABLE}=yes to accept what is shown above.",
        REFUSED,
    )


if __name__ == "__main__":
    run(stage, options(__doc__))
