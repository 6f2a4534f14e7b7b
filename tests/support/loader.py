"""Loads many generated chutes on the real SDK: one import of the SDK, one forked child for each.

Reads a folder per line on standard input and answers with what `child.py` says of its chute.py, or
with what went wrong as a JSON string.
"""

import json
import os
import sys
from pathlib import Path

import chutes.chute
import chutes.entrypoint._shared
import chutes.image  # noqa: F401

sys.path.insert(0, str(Path(__file__).parents[2] / "scaffold" / "generated"))
import child  # type: ignore[import-not-found]  # below the path set above


def load(folder: str, output: int) -> None:
    """Describe one chute into a file descriptor; ends this process."""
    os.chdir(folder)
    sys.path.insert(0, folder)
    os.dup2(output, 1)
    try:
        said = json.dumps(child.describe_file("chute.py", tag=True), default=str)
    except BaseException as error:
        said = json.dumps(repr(error))
    os.write(output, f"\n{said}\n".encode())
    os._exit(0)


def main() -> None:
    """Serve until standard input ends."""
    for line in sys.stdin:
        reading, writing = os.pipe()
        forked = os.fork()
        if forked == 0:
            load(line.rstrip("\n"), writing)
        os.close(writing)
        with os.fdopen(reading) as answer:
            lines = answer.read().splitlines()
        os.waitpid(forked, 0)
        sys.stdout.write((lines[-1] if lines else json.dumps("no output")) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
