"""The list of the model's files, asked for during the few seconds in which a repository is made."""

from pathlib import Path

from scaffold.creation import network
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
    files = network.answered(lambda: _ask(model, revision, seconds), seconds)
    return "" if files and list(weights.renew(folder, files)) else UNLISTED


def _ask(model: str, revision: str, seconds: float) -> tuple[hub.File, ...]:
    if hub.offline() or not network.reachable(hub.address(), seconds):
        return ()
    try:
        return hub.at(model, revision, seconds).files
    except (Failed, OutsideFailure):
        return ()
