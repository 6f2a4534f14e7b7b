"""Set a chute's secrets from environment variables: `make secrets`, also with CHUTE=staging.

Instances get them when they start. A chute must be deployed once before it can have any.
"""

from __future__ import annotations

import argparse
import os

from chutekit.ops.command import USAGE, Problem, Result, options, run
from chutekit.ops.declared import settings
from chutekit.ops.live import deployed
from chutekit.ops.session import session


def secrets(arguments: argparse.Namespace) -> Result:
    """Set every secret of this chute, replacing the ones it has."""
    names = settings().secrets
    if not names:
        return Result("This chute needs no secrets.", {"secrets": []})
    missing = [name for name in names if not os.environ.get(name)]
    if missing:
        raise Problem(
            f"{' and '.join(missing)} must be set in the environment.",
            f"For example: read -rs {missing[0]} && export {missing[0]} && make secrets",
            USAGE,
        )
    platform, wanted = session(arguments.chute)
    deployed(platform, wanted)
    owners = (wanted.chute_id, wanted.name)
    there = [found for found in platform.secrets() if found["purpose"] in owners]
    for name in names:
        for found in there:
            if found["key"] == name:
                platform.delete_secret(found["secret_id"])
        platform.create_secret(wanted.chute_id, name, os.environ[name])
    text = f"{wanted.name} has {', '.join(names)}. Instances that start from now on get it."
    return Result(text, {"chute_id": wanted.chute_id, "secrets": list(names)})


if __name__ == "__main__":
    run(secrets, options(__doc__, chute=True))
