"""Make .venv from requirements/dev.lock: `make setup`. Runs before anything is installed.

Only the standard library, and syntax that an old Python can read far enough to be told so.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

VENV = Path(".venv")
LOCK = Path("requirements/dev.lock")
STAMP = VENV / "installed.sha256"


def main() -> int:
    """Return the exit status: 0 when .venv holds exactly what the lock names."""
    if sys.version_info < (3, 11):  # noqa: UP036 - an older Python has to be told
        return fail(
            f"Python {sys.version.split()[0]} is too old: this needs 3.11 or newer.",
            "Install one, or name it: make setup PYTHON=/path/to/python3.12",
        )
    try:
        import ensurepip
        import venv
    except ImportError:
        return fail(
            f"{sys.executable} comes without venv.",
            f"On Debian and Ubuntu: apt-get install python3.{sys.version_info[1]}-venv",
        )
    digest = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    wanted = f"{digest} {sys.version_info[0]}.{sys.version_info[1]}"
    if works() and STAMP.is_file() and STAMP.read_text() == wanted:
        print(".venv is up to date")
        return 0
    if not works() or not same_python():
        shutil.rmtree(VENV, ignore_errors=True)
        venv.create(VENV, with_pip=bool(ensurepip.version()))
    STAMP.unlink(missing_ok=True)
    if not installed():
        return fail(f"pip could not install {LOCK} (see above).", "Run make setup again.")
    STAMP.write_text(wanted)
    print(".venv is ready; next: make test")
    return 0


def installed() -> bool:
    """Install the lock with uv where it is at hand, being several times faster, else with pip."""
    pip = [python(), "-m", "pip", "install", "--disable-pip-version-check"]
    uv = shutil.which("uv")
    programs = [[uv, "pip", "install", "--python", python()], pip] if uv else [pip]
    what = ["--quiet", "--require-hashes", "--no-deps", "-r", str(LOCK)]
    return any(subprocess.call([*program, *what]) == 0 for program in programs)


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
