"""Refresh every pin: packages, base image, model commit and image tag: `make pin`.

`chute-new` looks up what is new, and its options can follow: make pin ARGS=--check. Without it
only the image tag is brought in line with `chutekit/` and `requirements/`.
"""

from __future__ import annotations

import shutil
import subprocess
import sys

NOTE = """\
note: only the image tag is looked at: chute-new, which knows the rest, is not installed.
hint: pipx install chute-new"""


def main() -> int:
    """Hand over to chute-new, or to the program for the image tag; return its exit status."""
    options = sys.argv[1:]
    if tool := shutil.which("chute-new"):
        return subprocess.run([tool, "pin", ".", *options], check=False).returncode
    print(NOTE, file=sys.stderr)
    mode = "--check" if "--check" in options else "--write"
    command = [sys.executable, "-m", "chutekit.ops.image_tag", mode]
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
