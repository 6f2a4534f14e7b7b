"""How long the commands wait, in seconds; each can be set by an environment variable."""

from __future__ import annotations

import os

from chutekit.ops.errors import USAGE, Problem

DEFAULTS = {
    "OPS_REQUEST_SECONDS": 60,  # one request to the platform or to the chute
    "OPS_RETRY_SECONDS": 120,  # trying again after lost connections and server errors
    "OPS_BUILD_SECONDS": 7800,  # an image; the platform itself gives up after 7200
    "OPS_DEPLOY_SECONDS": 300,  # a deployment to be accepted and to show when read back
    "OPS_CACHE_SECONDS": 240,  # answers of the platform that are from its caches, 210 s at most
    "OPS_FLIGHT_SECONDS": 30,  # what a command sent before it broke off, to take effect
    "OPS_WAKE_SECONDS": 5700,  # a GPU to be found and the model loaded; the platform allows 5400
    "OPS_REPORT_SECONDS": 86400,  # how old a smoke report may be when promoting
}


def seconds(name: str) -> float:
    """Return the wait of that name."""
    text = os.environ.get(name, "")
    if not text:
        return DEFAULTS[name]
    try:
        value = float(text)
    except ValueError:
        value = -1
    if not 0 < value < float("inf"):
        raise Problem(f"{name} must be a number of seconds, not {text!r}.", status=USAGE)
    return value
