"""Ports of servers that this machine starts for itself."""

import atexit
import socket
from collections.abc import Iterable
from contextlib import suppress


def choose(ports: Iterable[int]) -> int | None:
    """Return the first of them that nobody listens on; None when there is none.

    Its server binds it only seconds later: until this process ends, it holds the UDP port of the
    same number, so that processes which choose at the same time are given others.
    """
    for port in ports:
        held = socket.socket(type=socket.SOCK_DGRAM)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            held.bind(("127.0.0.1", port))
            atexit.register(held.close)
            return port
        held.close()
    return None
