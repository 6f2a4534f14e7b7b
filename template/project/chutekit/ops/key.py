"""Make an API key that can call one chute and nothing else: `make key`, `make key CHUTE=staging`.

The key is printed once and stored nowhere.
"""

from __future__ import annotations

import argparse
import time

from chutekit.ops.command import REFUSED, Problem, Result, in_pipeline, options, run
from chutekit.ops.gateway import address
from chutekit.ops.live import deployed
from chutekit.ops.session import session

LONGEST_NAME = 24


def key(arguments: argparse.Namespace) -> Result:
    """Make the key, unless its secret would end up in a pipeline's log."""
    if in_pipeline():
        raise Problem(
            "A pipeline's log is no place for an API key.", "Run make key on your machine.", REFUSED
        )
    platform, wanted = session(arguments.chute)
    found = deployed(platform, wanted)
    made = platform.create_key(arguments.name or _name(wanted.name), wanted.chute_id)
    url = address(platform.api_url, found.chute)
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
    parser = options(__doc__, chute=True)
    parser.add_argument("--name", help=f"at most {LONGEST_NAME} letters, digits and hyphens")
    run(key, parser)
