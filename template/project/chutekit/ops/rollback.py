"""Put an earlier version back into production: `make rollback`.

Without options it is the version that was replaced last, or the one before a promotion that was
interrupted; ARGS="--to COMMIT" chooses another one.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from chutekit.ops import build, notes, releases
from chutekit.ops.command import NO, REFUSED, Problem, Result, options, run, say
from chutekit.ops.declared import Declared, declared_in
from chutekit.ops.deploy import Deployment
from chutekit.ops.live import live
from chutekit.ops.platform import Platform
from chutekit.ops.releases import Release
from chutekit.ops.session import check_owner, session

CHOOSE = 'Choose one by its commit, make rollback ARGS="--to COMMIT", or make stop.'


def rollback(arguments: argparse.Namespace) -> Result:
    """Deploy an earlier chute.py with its image, which must still be there. It costs no fee."""
    platform, today = session("prod")
    with notes.turn() as lock, tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        if arguments.to:
            releases.lay_out(releases.commit(arguments.to), folder)
        else:
            release = _previous(platform, today)
            origin = f"commit {release.commit[:12]}" if release.commit else "of no commit here"
            say(f"Going back to version {release.version or 'chosen before'} ({origin}).")
            releases.lay_out(release.commit, folder, release.code)
        wanted = declared_in(folder, "prod")
        check_owner(today.username, wanted)
        if not build.is_built(platform, wanted):
            raise Problem(
                f"The image {wanted.image} of that version is gone.",
                "Check out that version's commit and run make build there; then roll back again.",
                NO,
            )
        done = Deployment(platform, wanted, "rollback", lock, folder, paid=False).carry_out()
    return done.result(wanted, "is rolled back", "status")


def _previous(platform: Platform, today: Declared) -> Release:
    now = live(platform, today)
    if now is None:
        raise Problem("Production was never deployed.", "Run: make promote", REFUSED)
    last = notes.sent("prod")
    if last and not last.arrived:
        return _before_what_was_interrupted(last)
    release = releases.newest(without=now)
    if release is None:
        raise Problem("No earlier version of production is recorded here.", CHOOSE, REFUSED)
    return release


def _before_what_was_interrupted(last: notes.Sent) -> Release:
    if last.step == "rollback":
        say("The last rollback was interrupted; going on with it.")
        return Release("", last.image_id, last.code, releases.commit_of(last.code), last.time)
    say("The last promotion was interrupted; going back to what was there before it.")
    release = releases.named(last.before)
    if release is None:
        raise Problem(
            "The promotion that was interrupted was production's first.",
            "Run make promote to finish it, or make stop.",
            REFUSED,
        )
    return release


if __name__ == "__main__":
    parser = options(__doc__)
    parser.add_argument("--to", metavar="COMMIT", default="", help="the version of this commit")
    run(rollback, parser)
