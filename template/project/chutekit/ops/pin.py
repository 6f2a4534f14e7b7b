"""Refresh every pin: packages, base image, model commit and image tag: `make pin`.

`chute-new` looks up what is new, and its options can follow: make pin ARGS=--check. Without it only
the image tag can follow from `chutekit/` and `requirements/`: make pin ARGS="--only tag".
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

OUTSIDE = 4
REQUIREMENTS = Path("requirements")
MISSING = """\
error: packages, base image and model were not looked up: chute-new is not installed.
hint: name the program, make pin CHUTE_NEW=/path/to/chute-new, or put it on the PATH; the image tag
  alone, after a change of chutekit/ or of the steps of the image: make pin ARGS="--only tag\""""


def main() -> int:
    """Hand over to chute-new, or do what can be done without it; return the exit status."""
    options = sys.argv[1:]
    named = os.environ.get("CHUTE_NEW", "")
    if tool := shutil.which(named or "chute-new"):
        return subprocess.run([tool, "pin", ".", *options], check=False).returncode
    if named:
        print(f"error: CHUTE_NEW names {named}, which is no program here.", file=sys.stderr)
        return OUTSIDE
    mode = "--check" if "--check" in options else "--write"
    command = [sys.executable, "-m", "chutekit.ops.image_tag", mode]
    status = subprocess.run(command, check=False).returncode
    for sentence in lagging():
        print(f"error: {sentence}", file=sys.stderr)
        status = status or 1
    if _only(options) == {"tag"}:
        return status
    print(MISSING, file=sys.stderr)
    # A pin that is known to be wrong decides; else what could not be looked up.
    return status if status and "--check" in options else OUTSIDE


def lagging(requirements: Path = REQUIREMENTS) -> list[str]:
    """Return what the sources of the locks ask for and the locks do not have, a sentence each."""
    found = []
    for name in ("dev", "image"):
        lock = (requirements / f"{name}.lock").read_text(encoding="utf-8")
        locked = {
            _plain(it): version for it, version in re.findall(r"(?m)^(\S+?)==([^\s;]+)", lock)
        }
        source = (requirements / f"{name}.in").read_text(encoding="utf-8")
        for line in re.findall(r"(?m)^\s*([A-Za-z0-9][^#;\n]*)", source):
            package, _, version = line.replace(" ", "").partition("==")
            package = _plain(re.split(r"[\[<>=!~@]", package)[0])
            if package not in locked:
                found.append(f"{name}.lock lacks {package}, which {name}.in asks for.")
            elif version and version != locked[package]:
                found.append(f"{name}.lock has {package} {locked[package]}, not {version}.")
    return found


def _plain(name: str) -> str:
    """A package's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name.strip()).lower()


def _only(options: list[str]) -> set[str]:
    """The kinds of pins that the options ask for; none is all."""
    pairs = {value for option, value in pairwise(options) if option == "--only"}
    return pairs | {it.removeprefix("--only=") for it in options if it.startswith("--only=")}


if __name__ == "__main__":
    sys.exit(main())
