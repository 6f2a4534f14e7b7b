"""Writes to standard output and standard error, whatever became of them."""

import os
import re
import sys
from typing import Any

from scaffold.errors import OutsideFailure, reason

# What a terminal obeys, or what shows text in another order than it has: all control characters
# but the ends of lines and tabs, line separators, and the marks of Unicode's bidirectional
# algorithm (UAX 9, section 2).
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]"
    "|\r(?!\n)"
)
# GitHub's runner takes such a line of a log as a command, and the second of them anywhere in one.
_COMMAND = re.compile(r"^([^\S\n]*):(?=:)", re.MULTILINE)
_OLD_COMMAND = re.compile(r"##(?=\[)")


def plain(text: str, *, commands: bool = False) -> str:
    """The text with everything visible that would act; as JSON would have it, so JSON stays JSON.

    With `commands` those of a pipeline are ours.
    """
    text = _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    text = _OLD_COMMAND.sub(r"#\\u0023", text)
    return text if commands else _COMMAND.sub(r"\1\\u003a", text)


def write(stream: Any, text: str, *, commands: bool = False) -> None:
    """One text and the end of its line; nothing when nobody reads. Raises OutsideFailure.

    It may hold names and words of anybody's: see `plain`.
    """
    if stream is None:  # closed before we started
        return
    encoding = stream.encoding or "utf-8"
    text = plain(text, commands=commands)
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
