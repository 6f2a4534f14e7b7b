"""Loads many generated chutes on the real SDK: one import of the SDK, one forked child for each.

Reads a folder per line on standard input and answers with the line `load_variants.py` prints, or
with what went wrong as a JSON string.
"""

import json
import os
import sys
from pathlib import Path

import chutes.chute
import chutes.entrypoint._shared
import chutes.image  # noqa: F401

sys.path.insert(0, str(Path(__file__).parents[2] / "scaffold" / "creation"))
import load_variants  # type: ignore[import-not-found]  # below the path set above


def load(folder: str, output: int) -> None:
    """Describe one chute into a file descriptor; ends this process."""
    os.chdir(folder)
    sys.path.insert(0, folder)
    os.dup2(output, 1)
    try:
        load_variants.main()
        sys.stdout.flush()
    except BaseException as error:
        os.write(output, b"\n" + json.dumps(repr(error)).encode() + b"\n")
    os._exit(0)


def main() -> None:
    """Serve until standard input ends."""
    for line in sys.stdin:
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            load(line.rstrip("\n"), writing)
        os.close(writing)
        with os.fdopen(reading) as answer:
            lines = answer.read().splitlines()
        os.waitpid(child, 0)
        sys.stdout.write((lines[-1] if lines else json.dumps("no output")) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
