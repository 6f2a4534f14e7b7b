"""Questions to servers during the few seconds in which a repository is made."""

import os
import socket
import threading
import urllib.parse
from collections.abc import Callable
from typing import TypeVar

Answer = TypeVar("Answer")


def offline() -> bool:
    """Does HF_HUB_OFFLINE, which the hub's own programs know, say to ask nobody?"""
    return os.environ.get("HF_HUB_OFFLINE", "").upper() in ("1", "ON", "YES", "TRUE")


def answered(ask: Callable[[], Answer], seconds: float) -> Answer | None:
    """What `ask` comes to; None when that takes longer, or it raised."""
    found: list[Answer] = []
    # A daemon, since neither a resolver that hangs nor a slow server may hold the program.
    asking = threading.Thread(target=lambda: found.append(ask()), daemon=True)
    asking.start()
    asking.join(seconds)
    return found[0] if found else None


def reachable(address: str, seconds: float) -> bool:
    """Whether something listens there, or a proxy stands between.

    Where there is no network it costs one failed connection and imports nothing heavy.
    """
    from urllib.request import getproxies

    url = urllib.parse.urlsplit(address)
    if getproxies().get(url.scheme):
        return True
    port = url.port or (443 if url.scheme == "https" else 80)
    try:
        socket.create_connection((url.hostname or "", port), timeout=seconds).close()
    except OSError:
        return False
    return True
