"""Writes to standard output and standard error, whatever became of them."""

import os
import sys
from typing import Any

from scaffold.errors import OutsideFailure, reason


def write(stream: Any, text: str) -> None:
    """One text and the end of its line; nothing when nobody reads. Raises OutsideFailure."""
    if stream is None:  # closed before we started
        return
    encoding = stream.encoding or "utf-8"
    try:
        stream.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")
        stream.flush()
    except BrokenPipeError:  # the reader has seen enough
        _forget(stream)
    except OSError as error:
        _forget(stream)
        raise OutsideFailure(f"cannot write to {stream.name}: {reason(error)}") from error


def on_terminal() -> bool:
    """Is there somebody to ask?"""
    return sys.stdin is not None and sys.stdin.isatty()


def _forget(stream: Any) -> None:
    """Write nothing more there, what is still buffered included, which Python would try at exit."""
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123 - no path of anybody's
        os.dup2(nowhere.fileno(), stream.fileno())
