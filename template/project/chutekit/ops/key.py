"""Make an API key that can call one chute and nothing else: `make key`, `make key CHUTE=staging`.

The key is printed once and stored nowhere.
"""

from __future__ import annotations

import argparse
import os
import time

from chutekit.ops.command import Result, options, run
from chutekit.ops.errors import NO, REFUSED, Problem
from chutekit.ops.gateway import address
from chutekit.ops.live import live
from chutekit.ops.session import session

LONGEST_NAME = 24


def key(arguments: argparse.Namespace) -> Result:
    """Make the key, unless its secret would end up in a pipeline's log."""
    if os.environ.get("CI", "").lower() in ("1", "true"):
        raise Problem(
            "A pipeline's log is no place for an API key.", "Run make key on your machine.", REFUSED
        )
    platform, wanted = session(arguments.chute)
    found = live(platform, wanted)
    if found is None:
        target = "promote" if arguments.chute == "prod" else "deploy-staging"
        raise Problem(f"{wanted.name} is not deployed yet.", f"Run: make {target}", NO)
    made = platform.create_key(arguments.name or _name(wanted.name), wanted.chute_id)
    url = address(platform.account.api_url, found.chute)
    facts = {"key": made["secret_key"], "key_id": made["api_key_id"], "url": url}
    text = (
        f"{made['secret_key']}\n\n"
        f"This is shown only now. It can call {wanted.name} and nothing else:\n"
        f'  curl {url}/health -H "Authorization: Bearer $KEY"\n'
        f"To take it back: .venv/bin/chutes keys delete {made['api_key_id']}"
    )
    return Result(text, facts)


def _name(chute: str) -> str:
    stamp = time.strftime("-%y%m%d%H%M%S")
    return chute[: LONGEST_NAME - len(stamp)] + stamp


if __name__ == "__main__":
    parser = options(__doc__)
    parser.add_argument("chute", choices=["prod", "staging"])
    parser.add_argument("--name", help=f"at most {LONGEST_NAME} letters, digits and hyphens")
    run(key, parser)
