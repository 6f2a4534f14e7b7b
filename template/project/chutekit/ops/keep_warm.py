"""Call production once, so that it does not stop for want of requests: `make keep-warm`.

To be run more often than the chute's shutdown_after_seconds. It needs CHUTES_API_KEY, a key from
`make key`, and no other credentials. An instance that never stops is billed round the clock.
"""

from __future__ import annotations

import argparse
import os
import re

from chutekit.ops.command import USAGE, Problem, Result, options, run
from chutekit.ops.declared import declared
from chutekit.ops.gateway import KEY_VARIABLE, Gateway
from chutekit.ops.transport import secure

URL_VARIABLE = "CHUTE_URL"
WARM = (200, 429)


def slug(username: str, name: str) -> str:
    """Return the host name that the platform gives a new chute, unless it is taken already."""
    words = re.sub(r"[^a-z0-9]+", "-", f"{username}-{name}".lower())
    return words.strip("-")[:58].strip("-")


def keep_warm(arguments: argparse.Namespace) -> Result:
    """Ask /health; a cold chute is woken by being asked."""
    key = os.environ.get(KEY_VARIABLE)
    if not key:
        raise Problem(f"{KEY_VARIABLE} is not set.", "make key makes a key for it.", USAGE)
    os.environ["CHUTES_ALLOW_MISSING"] = "true"
    wanted = declared("prod")
    url = os.environ.get(URL_VARIABLE) or f"https://{slug(wanted.username, wanted.name)}.chutes.ai"
    status = Gateway(secure(url, URL_VARIABLE), key).call("GET", "/health").status
    facts = {"url": url, "status": status, "warm": status in WARM}
    if status in WARM:
        return Result(f"{wanted.name} is warm.", facts)
    if status == 503:
        return Result(f"{wanted.name} was cold; the platform looks for an instance now.", facts)
    raise Problem(
        f"{url}/health answered {status or 'nothing'}.",
        f"Check {KEY_VARIABLE}; `make key` prints the address, which {URL_VARIABLE} may set.",
    )


if __name__ == "__main__":
    run(keep_warm, options(__doc__))
