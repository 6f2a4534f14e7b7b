"""Say at once that a port of `make dev` is in use, which the SDK's command says after a minute."""

import socket
import sys

USAGE = 2
OUTSIDE = 4


def main() -> int:
    """Look at the ports named PORT and LOGGING_PORT, in this order; return the exit status."""
    for name, given in zip(("PORT", "LOGGING_PORT"), sys.argv[1:], strict=False):
        if not given.isdecimal() or not 0 < int(given) < 65536:
            return fail(f"{name} must be a number from 1 to 65535, not {given}.", "", USAGE)
        if why := refused(int(given)):
            free = next((port for port in range(8001, 9000) if not refused(port)), 18000)
            hint = f"make dev PORT={free}" if name == "PORT" else f"make dev LOGGING_PORT={free}"
            return fail(f"{name} {given} cannot be listened on: {why}.", hint, OUTSIDE)
    return 0


def refused(port: int) -> str:
    """Return why the system gives nobody this port now, if so."""
    with socket.socket() as probe:
        # As the server does it, for which connections that have just ended are no hindrance.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("0.0.0.0", port))
        except OSError as error:
            return (error.strerror or "the system refuses it").lower()
    return ""


def fail(message: str, hint: str, status: int) -> int:
    """Print what is wrong and what to do about it; return the exit status."""
    print(f"error: {message}" + (f"\nhint: {hint}" if hint else ""), file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
