"""Put an earlier version back into production: `make rollback`.

Without options it is the version that was replaced last; ARGS="--to COMMIT" chooses another one.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from ops import build, releases
from ops.account import sign_in
from ops.command import Result, options, run
from ops.declared import declared, declared_in
from ops.deployment import deploy, live
from ops.errors import NO, REFUSED, Problem
from ops.ownership import check_owner
from ops.platform import Platform
from ops.progress import say


def rollback(arguments: argparse.Namespace) -> Result:
    """Deploy an earlier chute.py with its image, which must still be there. It costs no fee."""
    platform = Platform(sign_in())
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        if arguments.to:
            releases.lay_out(releases.commit(arguments.to), folder)
        else:
            _lay_out_previous(platform, folder)
        wanted = declared_in(folder, "prod")
        check_owner(platform.account, wanted)
        if not build.is_built(platform, wanted):
            raise Problem(
                f"The image {wanted.image} of that version is gone.",
                "Check out that version's commit and run make build there; then roll back again.",
                NO,
            )
        changed = deploy(platform, wanted, folder, paid=False)
    found = live(platform, wanted.chute_id)
    assert found
    facts = {
        "chute": wanted.name,
        "chute_id": wanted.chute_id,
        "version": found.version,
        "image": wanted.image,
        "changed": changed,
    }
    did = "is back at" if changed else "is already at"
    return Result(f"{wanted.name} {did} version {found.version}. Next: make status", facts)


def _lay_out_previous(platform: Platform, folder: Path) -> None:
    chute_id = declared("prod").chute_id
    now = live(platform, chute_id)
    if now is None:
        raise Problem("Production was never deployed.", "Run: make promote", REFUSED)
    release = releases.newest(without=now.version)
    if release is None:
        raise Problem(
            "No earlier version of production is recorded here.",
            'Choose one by its commit, make rollback ARGS="--to COMMIT", or make stop.',
            REFUSED,
        )
    origin = f"commit {release.commit[:12]}" if release.commit else "no commit of this repository"
    say(f"Going back to version {release.version} ({origin}).")
    releases.lay_out(release.commit, folder, release.code)


if __name__ == "__main__":
    parser = options(__doc__)
    parser.add_argument("--to", metavar="COMMIT", default="", help="the version of this commit")
    run(rollback, parser)
