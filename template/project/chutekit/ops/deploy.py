"""Deploy the staging chute: `make deploy-staging`. Production is deployed by `make promote`."""

from __future__ import annotations

import argparse

from chutekit.ops.command import Result, options, run
from chutekit.ops.deployment import Deployment
from chutekit.ops.session import session
from chutekit.ops.turn import turn


def stage(arguments: argparse.Namespace) -> Result:
    """Deploy `staging` unless the platform has this very code and image already."""
    platform, wanted = session("staging")
    with turn() as lock:
        done = Deployment(platform, wanted, "deploy", lock).carry_out()
    did = "is deployed" if done.changed else "has this code and image already, nothing to do"
    text = f"{wanted.name} {did}. Version {done.found.version}. Next: make smoke-staging"
    return Result(text, done.facts(wanted))


if __name__ == "__main__":
    run(stage, options(__doc__))
