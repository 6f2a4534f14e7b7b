"""Make an API key that can call one chute and nothing else: `make key`, `make key CHUTE=staging`.

The key is shown once, on a terminal, or put into a new file that only its owner can read:
`make key ARGS="--output key.txt"`. It is stored nowhere else.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from chutekit.ops.command import (
    REFUSED,
    Problem,
    Result,
    in_pipeline,
    options,
    run,
)
from chutekit.ops.gateway import address
from chutekit.ops.live import deployed
from chutekit.ops.session import session

LONGEST_NAME = 24
NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW


def key(arguments: argparse.Namespace) -> Result:
    """Make the key, unless its secret would end up in a log or a file that others can read."""
    if arguments.output is None and (in_pipeline() or not _shown()):
        raise Problem(
            "An API key is shown on a terminal only, never in a log.",
            'To have it in a file: make key ARGS="--output key.txt"',
            REFUSED,
        )
    platform, wanted = session(arguments.chute)
    found = deployed(platform, wanted)
    url = address(platform.api_url, found.chute)
    with _private(arguments.output) as file:
        made = platform.create_key(arguments.name or _name(wanted.name), wanted.chute_id)
        if file:
            file.write(f"{made['secret_key']}\n")
    facts = {"key_id": made["api_key_id"], "url": url}
    if arguments.output is None:
        facts["key"] = made["secret_key"]
        shown = f"{made['secret_key']}\n\nThis is shown only now. It"
    else:
        facts["file"] = str(arguments.output)
        shown = f"The key is in {arguments.output}, and nowhere else. It"
    text = (
        f"{shown} can call {wanted.name} and nothing else:\n"
        f'  curl {url}/health -H "Authorization: Bearer $KEY"\n'
        f"To take it back: .venv/bin/chutes keys delete {made['api_key_id']}"
    )
    return Result(text, facts)


@contextmanager
def _private(path: Path | None) -> Iterator[IO[str] | None]:
    """Open a new file of mode 0600; gone again when no key came of it."""
    if path is None:
        yield None
        return
    try:
        opened = os.open(path, NEW, 0o600)
    except OSError as error:
        raise Problem(
            f"{path} cannot be made: {(error.strerror or str(error)).lower()}.", "", REFUSED
        ) from error
    try:
        os.fchmod(opened, 0o600)
        with os.fdopen(opened, "w", encoding="utf-8") as file:
            yield file
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _shown() -> bool:
    """Whether standard output is a terminal; the command writes somewhere else until it ends."""
    return sys.__stdout__ is not None and sys.__stdout__.isatty()


def _name(chute: str) -> str:
    stamp = time.strftime("-%y%m%d%H%M%S")
    return chute[: LONGEST_NAME - len(stamp)] + stamp


if __name__ == "__main__":
    parser = options(__doc__, chute=True)
    parser.add_argument("--name", help=f"at most {LONGEST_NAME} letters, digits and hyphens")
    parser.add_argument("--output", type=Path, metavar="FILE", help="a new file for the key")
    run(key, parser)
