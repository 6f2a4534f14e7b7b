"""Renew the locks of the clients that tests/clients tries: the newest versions, with hashes.

    python hooks/clients.py [NAME ...]

Asks the package indexes of Python and of npm. No lock names them: npm is told to leave the
addresses out, and compares the hashes all the same. What the clients then do is written down by
`TEST_WRITE=1 python -m pytest -n 0 -m heavy tests/clients/test_clients.py`.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from uv import find_uv_bin

LOCKS = Path(__file__).parent.parent / "tests" / "clients" / "locks"
COMPILE = (
    "pip",
    "compile",
    "--quiet",
    "--upgrade",
    "--generate-hashes",
    "--no-header",
    "--no-annotate",
    "--no-emit-index-url",
    "--python-version",
    "3.11",
    "--only-binary",
    ":all:",
)
LOCK = (
    "npm",
    "install",
    "--package-lock-only",
    "--omit-lockfile-registry-resolved",
    "--save-exact",
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
)


def python(source: Path) -> None:
    """Write the lock of a client in Python."""
    command = [find_uv_bin(), *COMPILE, source.name, "--output-file", f"{source.stem}.txt"]
    subprocess.run(command, cwd=source.parent, check=True)


def javascript(folder: Path) -> None:
    """Write the lock of a client in JavaScript, whose package.json names what is wanted."""
    package = folder / "package.json"
    about = json.loads(package.read_text())
    # Without a tag npm chooses the newest that this version of Node can run.
    wanted = list(about.pop("dependencies"))
    with tempfile.TemporaryDirectory() as new:
        (Path(new) / package.name).write_text(json.dumps(about))
        subprocess.run([*LOCK, *wanted], cwd=new, check=True)
        for name in (package.name, "package-lock.json"):
            (folder / name).write_text((Path(new) / name).read_text())


def main(names: list[str]) -> None:
    """Renew all locks, or those of these clients."""
    for source in sorted((LOCKS / "python").glob("*.in")):
        if not names or source.stem in names:
            python(source)
    for package in sorted((LOCKS / "javascript").glob("*/package.json")):
        if not names or package.parent.name in names:
            javascript(package.parent)


if __name__ == "__main__":
    main(sys.argv[1:])
