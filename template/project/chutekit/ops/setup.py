"""Make .venv from requirements/dev.lock: `make setup`. Runs before anything is installed.

Only the standard library, and syntax that an old Python can read far enough to be told so.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

VENV = Path(".venv")
LOCK = Path("requirements/dev.lock")
STAMP = VENV / "installed.sha256"
OLDEST = (3, 11)
#: Variables that would send packages elsewhere, change which, or hide those of .venv.
MISLEADING = (
    *("PYTHONPATH", "PYTHONHOME", "PYTHONSAFEPATH", "PYTHONUSERBASE"),
    *("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_CONSTRAINT", "PIP_DRY_RUN", "PIP_PYTHON"),
    *("UV_TARGET", "UV_PREFIX", "UV_SYSTEM_PYTHON", "UV_CONSTRAINT", "UV_OVERRIDE", "UV_DRY_RUN"),
)
#: The lock is for all systems, so that markers say which of its packages this one needs.
FIND_MISSING = """
import importlib.metadata, re, sys
from pip._vendor.packaging.requirements import Requirement
for line in re.findall(r"(?m)^[A-Za-z0-9].*?(?=[ \\\\]*$)", open(sys.argv[1]).read()):
    wanted = Requirement(line)
    if wanted.marker is None or wanted.marker.evaluate():
        try:
            there = importlib.metadata.version(wanted.name)
        except importlib.metadata.PackageNotFoundError:
            there = ""
        if not wanted.specifier.contains(there or "0", prereleases=True) or not there:
            print(line)
            break
"""


def main() -> int:
    """Return the exit status: 0 when .venv holds exactly what the lock names."""
    try:
        import ensurepip
        import venv
    except ImportError:
        ensurepip = None  # type: ignore[assignment]
    reasons = unfit(sys.executable, sys.version_info[:3], bool(ensurepip), str(Path.cwd()))
    if reasons:
        return fail(*reasons)
    for name in MISLEADING:
        os.environ.pop(name, None)
    os.environ["PIP_USER"] = "0"  # wins over a file of pip's settings, too
    lock = LOCK.read_bytes()
    # The programs in .venv hold the path of the folder, so a moved one is made anew.
    place = f"{sys.version_info[0]}.{sys.version_info[1]} {Path.cwd()}"
    wanted = f"{hashlib.sha256(lock).hexdigest()} {place}"
    stamp = STAMP.read_text(encoding="utf-8") if STAMP.is_file() else ""
    if stamp == wanted and works() and not missing():
        print(".venv is up to date")
        return 0
    if not stamp.endswith(place) or not works() or not same_python():
        print("making .venv", flush=True)
        shutil.rmtree(VENV, ignore_errors=True)
        venv.create(VENV, with_pip=bool(ensurepip.version()))
    STAMP.unlink(missing_ok=True)
    if not installed(len(re.findall(rb"(?m)^\S+==", lock))):
        return fail(f"pip could not install {LOCK} (see above).", "Run make setup again.")
    if absent := missing():
        return fail(
            f"{LOCK} was installed, but not into .venv: {absent} is not there.",
            f"Something sends packages elsewhere: {python()} -m pip config list",
        )
    STAMP.write_text(wanted, encoding="utf-8")
    print(".venv is ready; next: make test")
    return 0


def unfit(
    python: str, version: tuple[int, ...], complete: bool, folder: str
) -> tuple[str, str] | None:
    """Return why no .venv can be made and what to do about it; None where one can.

    `complete` says whether this Python brings what makes one.
    """
    if version < OLDEST:
        numbers = ".".join(map(str, version))
        return (
            f"Python {numbers} is too old: this needs 3.{OLDEST[1]} or newer.",
            "Install one, or name it: make setup PYTHON=/path/to/python3.12",
        )
    if not complete:
        return (
            f"{python} comes without venv.",
            f"On Debian and Ubuntu: apt-get install python3.{version[1]}-venv",
        )
    if os.pathsep in folder:
        return (
            f"No .venv can be made in {folder}, because of the {os.pathsep} in its name.",
            "Give the folder another name.",
        )
    return None


def installed(packages: int) -> bool:
    """Install the lock with uv where it is at hand, being several times faster, else with pip."""
    what = ["--require-hashes", "--no-deps", "-r", str(LOCK)]
    print(f"installing {packages} packages", flush=True)
    if uv := shutil.which("uv"):
        # On a terminal it shows how far it is.
        quiet = [] if sys.stderr.isatty() else ["--quiet"]
        command = [uv, "pip", "install", *quiet, "--python", python(), *what]
        if subprocess.call(command, env=environment()) == 0:
            return True
    pip = [python(), "-m", "pip", "install", "--disable-pip-version-check"]
    if not sys.stdout.isatty():
        return subprocess.call([*pip, "--quiet", *what], env=environment()) == 0
    return counted([*pip, "--progress-bar", "off", *what], packages)


def counted(command: list[str], packages: int) -> bool:
    """Run pip and count what it has fetched, each second, in one line of the terminal."""
    said: list[str] = []
    with subprocess.Popen(
        command, env=environment(), stdout=subprocess.PIPE, text=True, errors="replace"
    ) as process:
        assert process.stdout
        reader = threading.Thread(target=said.extend, args=(process.stdout,), daemon=True)
        reader.start()
        started = time.monotonic()
        while reader.is_alive():
            reader.join(1)
            fetched = sum(line.startswith("Collecting ") for line in list(said))
            doing = "unpacking" if said and said[-1].startswith("Installing ") else "fetched"
            seconds = time.monotonic() - started
            print(f"\r  {doing} {fetched} of {packages} ({seconds:.0f} s)  ", end="", flush=True)
    print()
    if process.returncode:
        print("".join(said[-20:]))
    return process.returncode == 0


def missing() -> str:
    """Return one package of the lock that .venv does not have, if there is any."""
    check = [python(), "-I", "-c", FIND_MISSING, str(LOCK)]
    found = subprocess.run(check, capture_output=True, text=True)
    return found.stdout.strip() if found.returncode == 0 else "pip"


def environment() -> dict[str, str]:
    """Return what an installer needs: no secrets but those of an index of packages."""
    secret = re.compile("TOKEN|SECRET|PASSW|CREDENTIAL|API_?KEY|ACCESS_?KEY|CONFIG_INI", re.I)
    return {
        name: value
        for name, value in os.environ.items()
        if name.startswith(("PIP_", "UV_", "NETRC")) or not secret.search(name)
    }


def python() -> str:
    """Return the path of the interpreter inside .venv."""
    return str(VENV / "bin" / "python")


def works() -> bool:
    """Tell whether .venv has an interpreter that starts, with pip."""
    check = [python(), "-c", "import pip"]
    return os.access(python(), os.X_OK) and not subprocess.call(check, stderr=subprocess.DEVNULL)


def same_python() -> bool:
    """Tell whether .venv was made with this version of Python."""
    check = [python(), "-c", "import sys; print(*sys.version_info[:2])"]
    return subprocess.check_output(check, text=True).split() == [
        str(n) for n in sys.version_info[:2]
    ]


def fail(message: str, hint: str) -> int:
    """Print what is wrong and what to do about it; return the exit status."""
    print(f"error: {message}\nhint: {hint}", file=sys.stderr)
    return 4


if __name__ == "__main__":
    sys.exit(main())
