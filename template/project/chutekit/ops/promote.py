"""Deploy to production what staging was smoke-tested with: `make promote`."""

from __future__ import annotations

import argparse

from chutekit.ops import releases
from chutekit.ops.command import REFUSED, Problem, Result, options, run
from chutekit.ops.declared import declared
from chutekit.ops.deploy import Deployment
from chutekit.ops.live import Live, differences, live
from chutekit.ops.notes import turn
from chutekit.ops.platform import Platform
from chutekit.ops.session import session
from chutekit.ops.smoke import AGAIN, require_green


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
    before_it = replaced[0] if replaced else None
    return done.result(wanted, "is in production", "smoke", replaced=before_it)


def _require_staged(platform: Platform) -> None:
    staging = declared("staging")
    wrong = differences(staging, live(platform, staging))
    if wrong:
        raise Problem(
            f"Staging is no longer what was smoke-tested: {'; '.join(wrong)}.", AGAIN, REFUSED
        )


if __name__ == "__main__":
    run(promote, options(__doc__))
