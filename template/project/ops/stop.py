"""Stop all instances of a chute now and keep it stopped: `make stop`, also with CHUTE=staging.

ARGS=--undo lets it run again. Callers of a stopped chute get a 503.
"""

from __future__ import annotations

import argparse

from ops.account import sign_in
from ops.command import Result, options, run
from ops.declared import declared
from ops.errors import NO, Problem
from ops.ownership import check_owner
from ops.patience import seconds
from ops.platform import Platform
from ops.progress import wait


def stop(arguments: argparse.Namespace) -> Result:
    """Use the platform's switch and wait until no instance is left."""
    platform = Platform(sign_in())
    wanted = declared(arguments.chute)
    check_owner(platform.account, wanted)
    if platform.chute(wanted.chute_id) is None:
        raise Problem(f"{wanted.name} is not deployed, so there is nothing to stop.", status=NO)
    platform.disable(wanted.chute_id, not arguments.undo)
    facts = {"chute_id": wanted.chute_id, "disabled": not arguments.undo}
    if arguments.undo:
        return Result(f"{wanted.name} may run again; the next request wakes it.", facts)

    def look() -> tuple[bool, str]:
        left = len((platform.chute(wanted.chute_id) or {}).get("instances") or [])
        return left == 0, f"{left} instances left"

    hint = f"Remove it altogether: .venv/bin/chutes chutes delete {wanted.chute_id}"
    wait(wanted.name, seconds("OPS_DEPLOY_SECONDS"), look, hint)
    undo = f"make stop CHUTE={arguments.chute} ARGS=--undo"
    return Result(f"{wanted.name} is stopped. To undo: {undo}", facts)


if __name__ == "__main__":
    parser = options(__doc__)
    parser.add_argument("chute", choices=["prod", "staging"])
    parser.add_argument("--undo", action="store_true", help="let it run again")
    run(stop, parser)
