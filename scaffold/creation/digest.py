"""The base image's digest, asked for during the few seconds in which a repository is made."""

from dataclasses import dataclass

from scaffold.creation import network
from scaffold.errors import Failed, OutsideFailure
from scaffold.pins import registry

SECONDS = 3.0


@dataclass(frozen=True)
class Base:
    """A base image as it is to be recorded, and why it has no digest, if there is something to say.

    Nothing is said about a network that is missing: the summary's own warning covers that.
    """

    image: str
    reason: str = ""


def look_up(image: str, seconds: float = SECONDS) -> Base:
    """`image` with the digest its tag has now, or as it is after so many seconds at the most."""
    if "@" in image:
        return Base(image)
    found = network.answered(lambda: _ask(image, seconds), seconds)
    return found or Base(image, f"The registry said nothing for {seconds:.0f} s.")


def _ask(image: str, seconds: float) -> Base:
    if not network.reachable(registry.address(), seconds):
        return Base(image)
    try:
        return Base(registry.pinned(image, timeout=seconds, attempts=1))
    except (Failed, OutsideFailure) as error:
        return Base(image, f"{error.message}.")
