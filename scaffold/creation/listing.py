"""The list of the model's files, asked for during the few seconds in which a repository is made."""

import threading
from pathlib import Path

from scaffold.creation import digest
from scaffold.errors import Failed, OutsideFailure
from scaffold.models import hub
from scaffold.pins import weights

SECONDS = 5.0
UNLISTED = (
    "WEIGHTS in chute.py is empty, so nothing compares what instances download with what the model "
    "is: run `make pin` where there is a network."
)


def fill(folder: Path, model: str, revision: str, seconds: float = SECONDS) -> str:
    """Write the files of this commit into the repository; what to warn of when that cannot be."""
    found: list[tuple[hub.File, ...]] = []
    # A daemon, since neither a resolver that hangs nor a slow hub may hold the program.
    asking = threading.Thread(
        target=lambda: found.extend(_ask(model, revision, seconds)), daemon=True
    )
    asking.start()
    asking.join(seconds)
    if not found:
        return UNLISTED
    return "" if list(weights.renew(folder, found[0])) else UNLISTED


def _ask(model: str, revision: str, seconds: float) -> list[tuple[hub.File, ...]]:
    if hub.offline() or not digest.reachable(hub.address(), seconds):
        return []
    try:
        return [hub.at(model, revision, seconds).files]
    except (Failed, OutsideFailure):
        return []
