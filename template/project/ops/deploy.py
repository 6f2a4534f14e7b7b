"""Deploy the staging chute: `make deploy-staging`. Production is deployed by `make promote`."""

from __future__ import annotations

import argparse

from ops.account import sign_in
from ops.command import Result, options, run
from ops.declared import declared
from ops.deployment import deploy, live
from ops.ownership import check_owner
from ops.platform import Platform


def stage(arguments: argparse.Namespace) -> Result:
    """Deploy `staging` unless the platform has this very code and image already."""
    platform = Platform(sign_in())
    wanted = declared("staging")
    check_owner(platform.account, wanted)
    changed = deploy(platform, wanted)
    found = live(platform, wanted.chute_id)
    assert found
    facts = {
        "chute": wanted.name,
        "chute_id": wanted.chute_id,
        "version": found.version,
        "image": wanted.image,
        "changed": changed,
    }
    did = "is deployed" if changed else "has this code and image already, nothing to do"
    text = f"{wanted.name} {did}. Version {found.version}. Next: make smoke-staging"
    return Result(text, facts)


if __name__ == "__main__":
    run(stage, options(__doc__))
