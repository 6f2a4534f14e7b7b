"""Ports for the servers that tests start."""

import socket

# Below those that the system gives to clients.
PORTS = range(20000, 30000)
_held: list[socket.socket] = []


def free_port() -> int:
    """Return a TCP port that nobody listens on and that no other test process is given.

    Servers bind theirs seconds later. Until this process ends, it holds the UDP port of the same
    number, which nothing here uses for anything else.
    """
    for port in PORTS:
        held = socket.socket(type=socket.SOCK_DGRAM)
        try:
            held.bind(("127.0.0.1", port))
        except OSError:
            held.close()
            continue
        _held.append(held)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port
    raise RuntimeError("no free port")
