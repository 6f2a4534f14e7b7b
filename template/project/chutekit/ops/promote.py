"""Deploy to production what staging was smoke-tested with: `make promote`."""

from __future__ import annotations

import argparse

from chutekit.ops import releases
from chutekit.ops.command import Result, options, run
from chutekit.ops.declared import declared
from chutekit.ops.deployment import Deployment
from chutekit.ops.errors import REFUSED, Problem
from chutekit.ops.live import Live, differences, live
from chutekit.ops.platform import Platform
from chutekit.ops.report import AGAIN, require_green
from chutekit.ops.session import session
from chutekit.ops.turn import turn


def promote(arguments: argparse.Namespace) -> Result:
    """Deploy `prod`; refuse unless this very code and image passed in staging not long ago."""
    platform, wanted = session("prod")
    require_green(wanted)
    replaced: list[str] = []

    def before(found: Live | None) -> None:
        _require_staged(platform)
        if found:
            replaced.append(releases.remember(platform, wanted, found).version)

    with turn() as lock:
        done = Deployment(platform, wanted, "promote", lock).carry_out(before)
    facts = {**done.facts(wanted), "replaced": replaced[0] if replaced else None}
    did = "is in production" if done.changed else "has this code and image already, nothing to do"
    return Result(f"{wanted.name} {did}. Version {done.found.version}. Next: make smoke", facts)


def _require_staged(platform: Platform) -> None:
    staging = declared("staging")
    wrong = differences(staging, live(platform, staging))
    if wrong:
        raise Problem(
            f"Staging is no longer what was smoke-tested: {'; '.join(wrong)}.", AGAIN, REFUSED
        )


if __name__ == "__main__":
    run(promote, options(__doc__))
