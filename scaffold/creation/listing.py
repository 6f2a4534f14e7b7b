"""The list of the models' files, asked for during the few seconds in which a repository is made."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scaffold.creation import network
from scaffold.errors import Failed, OutsideFailure
from scaffold.models import hub
from scaffold.pins import weights

SECONDS = 5.0
UNLISTED = (
    "WEIGHTS in chute.py is empty, so nothing compares what instances download with what the model "
    "is: run `make pin` where there is a network."
)
#: Commits as `(model, revision)`, by what the paths of their files begin with in the list.
Sources = Mapping[str, tuple[str, str]]


def sources(answers: Mapping[str, Any]) -> Sources:
    """What a repository with these answers downloads, which can be nothing."""
    if answers["workload"] != "custom":
        return {"": (answers["model"], answers["revision"])}
    named = [each.partition("@") for each in answers["models"]]
    return {weights.within(model): (model, revision) for model, _, revision in named}


def fill(folder: Path, wanted: Sources, seconds: float = SECONDS) -> str:
    """Write the files of these commits into the repository; what to warn of when that cannot be.

    All of them or none: a list of some would look like one of all.
    """
    if not wanted:
        return ""
    found = network.answered(lambda: _ask(wanted, seconds), seconds)
    return "" if found and list(weights.renew(folder, found)) else UNLISTED


def _ask(wanted: Sources, seconds: float) -> dict[str, tuple[hub.File, ...]] | None:
    if network.offline() or not network.reachable(hub.address(), seconds):
        return None
    try:
        return {begin: hub.at(*source, seconds).files for begin, source in wanted.items()}
    except (Failed, OutsideFailure):
        return None
