"""`chute-new doctor`: what of this machine would stop a generated repository, and the remedy.

It writes nothing and runs no code of the repository. With `online` the SDK of the repository's own
environment signs one request, in a bounded process.
"""

import os
from pathlib import Path

from scaffold.doctor.finding import Examination
from scaffold.doctor.machine import Machine
from scaffold.errors import OutsideFailure

__all__ = ["Examination", "run_doctor"]


def run_doctor(path: Path | None, *, online: bool = False) -> Examination:
    """Examine the machine for the repository at `path`.

    Without one it is the current folder, and if that is no repository only the machine.
    """
    if os.name != "posix":
        raise OutsideFailure("doctor knows Linux and macOS, where a generated repository works")
    from scaffold.doctor import account, folder, git, interpreter, packages, ports, proxies

    machine = Machine.of(path)
    findings = [
        finding
        for part in (interpreter, packages, proxies, folder, git, ports, account)
        for finding in part.findings(machine)
    ]
    if not online:
        return Examination(machine.folder, tuple(findings))
    from scaffold.doctor import asking

    found, unasked = asking.ask(machine)
    return Examination(machine.folder, (*findings, *found), tuple(unasked))
