"""Deploy to production what staging was smoke-tested with: `make promote`."""

from __future__ import annotations

import argparse

from ops import releases
from ops.account import sign_in
from ops.command import Result, options, run
from ops.declared import declared
from ops.deployment import deploy, differences, live
from ops.errors import REFUSED, Problem
from ops.ownership import check_owner
from ops.platform import Platform
from ops.report import AGAIN, require_green


def promote(arguments: argparse.Namespace) -> Result:
    """Deploy `prod`; refuse unless this very code and image passed in staging not long ago."""
    platform = Platform(sign_in())
    wanted = declared("prod")
    check_owner(platform.account, wanted)
    report = require_green(wanted)
    before = live(platform, wanted.chute_id)
    if before and differences(wanted, before):
        _require_staged(platform, str(report["version"]))
        releases.remember(before)
    changed = deploy(platform, wanted)
    found = live(platform, wanted.chute_id)
    assert found
    facts = {
        "chute": wanted.name,
        "chute_id": wanted.chute_id,
        "version": found.version,
        "replaced": before.version if before and changed else None,
        "image": wanted.image,
        "changed": changed,
    }
    did = "is in production" if changed else "has this code and image already, nothing to do"
    return Result(f"{wanted.name} {did}. Version {found.version}. Next: make smoke", facts)


def _require_staged(platform: Platform, version: str) -> None:
    staged = live(platform, declared("staging").chute_id)
    if staged is None or staged.version != version:
        now = staged.version if staged else "nothing"
        raise Problem(
            f"The smoke test was of version {version}, but staging now has {now}.", AGAIN, REFUSED
        )


if __name__ == "__main__":
    run(promote, options(__doc__))
