"""The base image's digest, asked for during the few seconds in which a repository is made."""

import socket
import threading
import urllib.parse
import urllib.request
from dataclasses import dataclass

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
    """`image` with the digest its tag has now, or as it is after so many seconds at the most.

    Where there is no network it costs one failed connection and imports nothing heavy.
    """
    if "@" in image:
        return Base(image)
    found: list[Base] = []
    # A daemon, since neither a resolver that hangs nor a slow registry may hold the program.
    asking = threading.Thread(target=lambda: found.append(_ask(image, seconds)), daemon=True)
    asking.start()
    asking.join(seconds)
    return found[0] if found else Base(image, f"The registry said nothing for {seconds:.0f} s.")


def _ask(image: str, seconds: float) -> Base:
    if not reachable(registry.address(), seconds):
        return Base(image)
    try:
        return Base(registry.pinned(image, timeout=seconds, attempts=1))
    except (Failed, OutsideFailure) as error:
        return Base(image, f"{error.message}.")


def reachable(address: str, seconds: float) -> bool:
    """Whether something listens there, or a proxy stands between."""
    url = urllib.parse.urlsplit(address)
    if urllib.request.getproxies().get(url.scheme):
        return True
    port = url.port or (443 if url.scheme == "https" else 80)
    try:
        socket.create_connection((url.hostname or "", port), timeout=seconds).close()
    except OSError:
        return False
    return True
