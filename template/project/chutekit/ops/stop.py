"""Stop all instances of a chute now and keep it stopped: `make stop`, also with CHUTE=staging.

ARGS=--undo lets it run again. Callers of a stopped chute get a 503.
"""

from __future__ import annotations

import argparse

from chutekit.ops.command import NO, Problem, Result, options, run, wait
from chutekit.ops.declared import Declared
from chutekit.ops.live import live
from chutekit.ops.platform import Platform
from chutekit.ops.session import session


def stop(arguments: argparse.Namespace) -> Result:
    """Use the platform's switch and wait until no instance is left."""
    platform, wanted = session(arguments.chute)
    if live(platform, wanted) is None:
        raise Problem(f"{wanted.name} is not deployed, so there is nothing to stop.", status=NO)
    _switch(platform, wanted, disabled=not arguments.undo)
    facts = {"chute_id": wanted.chute_id, "disabled": not arguments.undo}
    if arguments.undo:
        return Result(f"{wanted.name} may run again; the next request wakes it.", facts)

    def look() -> tuple[bool, str]:
        found = live(platform, wanted)
        left = len(found.instances) if found else 0
        return left == 0, f"{left} instances left"

    hint = f"Remove it altogether: .venv/bin/chutes chutes delete {wanted.chute_id}"
    wait(wanted.name, "OPS_DEPLOY_SECONDS", look, hint)
    undo = f"make stop CHUTE={arguments.chute} ARGS=--undo"
    return Result(f"{wanted.name} is stopped. To undo: {undo}", facts)


def _switch(platform: Platform, wanted: Declared, disabled: bool) -> None:
    def look() -> tuple[bool, str]:
        return platform.disable(wanted.chute_id, disabled), "not known to all of the platform yet"

    wait(wanted.name, "OPS_CACHE_SECONDS", look, "Run the command again.")


if __name__ == "__main__":
    parser = options(__doc__, chute=True)
    parser.add_argument("--undo", action="store_true", help="let it run again")
    run(stop, parser)
