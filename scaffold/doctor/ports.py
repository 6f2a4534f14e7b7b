"""The ports of `make dev`."""

from collections.abc import Iterator

from scaffold.doctor import kit
from scaffold.doctor.finding import DEV, Finding
from scaffold.doctor.machine import Machine

PORT = 8000


def findings(machine: Machine) -> Iterator[Finding]:
    """Which of them cannot be listened on; PORT and LOGGING_PORT may name others."""
    refused = kit.module("ports").refused
    port = machine.environment.get("PORT") or str(PORT)
    logging = machine.environment.get("LOGGING_PORT") or (
        str(logging_port(int(port))) if port.isdecimal() else ""
    )
    for name, given in (("PORT", port), ("LOGGING_PORT", logging)):
        if not given:
            continue
        if not given.isdecimal() or not 0 < int(given) < 65536:
            message = f"{name} is {given}, which is no port"
            yield Finding("port", message, f"unset {name}", (DEV,))
        elif why := refused(int(given)):
            message = f"{name} {given} cannot be listened on: {why}"
            yield Finding("port", message, f"make dev {name}=ANOTHER", (DEV,))


def logging_port(port: int) -> int:
    """The one that the Makefile derives."""
    return port + 10000 if port < 55536 else port - 10000
