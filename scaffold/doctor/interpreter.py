"""make, and the Python that `make setup` would take."""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

from scaffold.doctor import kit
from scaffold.doctor.finding import SETUP, TARGETS, Finding
from scaffold.doctor.machine import Machine
from scaffold.git import program

SECONDS = 30
# In any Python, however old.
_PROBE = """
import json, sys
try:
    import ensurepip, venv
    complete = True
except ImportError:
    complete = False
print(json.dumps([sys.executable, list(sys.version_info[:3]), complete]))
"""


@dataclass(frozen=True)
class Python:
    """An interpreter: where it is, its version, and whether it brings what makes a .venv."""

    path: str
    version: tuple[int, ...]
    complete: bool


def findings(machine: Machine) -> Iterator[Finding]:
    """What keeps `make setup` from beginning."""
    if program("make") is None:
        yield Finding("make", "make is not installed", "Install make.", TARGETS)
    given = machine.environment.get("PYTHON")
    python = chosen(machine)
    if python is None:
        yield Finding(
            "python-absent",
            f"PYTHON names {given}, which does not run" if given else "no Python runs here",
            "Install Python 3.12, or name one: make setup PYTHON=/path/to/python3.12",
            (SETUP,),
        )
        return
    reasons = kit.module("setup").unfit(
        python.path, python.version, python.complete, str(machine.folder)
    )
    if reasons:
        yield Finding("python", reasons[0].removesuffix("."), reasons[1], (SETUP,))


def chosen(machine: Machine) -> Python | None:
    """The Python that the Makefile takes: the first that is complete, else its last resort."""
    given = machine.environment.get("PYTHON")
    *names, last = [given] if given else kit.pythons()
    for name in names:
        if (python := _asked(name, machine)) and python.complete:
            return python
    return _asked(last, machine)


def _asked(name: str, machine: Machine) -> Python | None:
    path = program(name)
    if path is None:
        return None
    environment = {
        key: value
        for key, value in machine.environment.items()
        if key not in kit.module("setup").MISLEADING and key not in kit.unexported()
    }
    try:
        done = subprocess.run(
            [path, "-c", _PROBE],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        executable, version, complete = json.loads(done.stdout)
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None
    return Python(executable or path, tuple(version), complete)
