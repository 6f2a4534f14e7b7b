"""How a command speaks: its result goes to stdout, everything else to stderr."""

import json
import shutil
import sys
import textwrap
from typing import Any

from scaffold.runtime import progress, streams


def document(content: dict[str, Any]) -> str:
    """One JSON document for standard output."""
    return json.dumps(content, ensure_ascii=False, indent=2, default=str)


def out(text: str, *, commands: bool = False) -> None:
    """A result, for people or programs; with `commands` for a pipeline that obeys it."""
    streams.write(sys.stdout, text, commands=commands)


def talk(text: str) -> None:
    """Everything that is not the result."""
    if progress.on:
        progress.emit("message", text=text)
    else:
        with progress.aside():
            streams.write(sys.stderr, text)


def wrapped(warning: str) -> str:
    """One warning, its lines as wide as the terminal."""
    return filled(warning, "! ", "  ")


def filled(text: str, first: str, others: str) -> str:
    """A text in lines as wide as the terminal, which begin with `first` and then with `others`."""
    width = min(shutil.get_terminal_size().columns, 100)
    return textwrap.fill(
        text, width, initial_indent=first, subsequent_indent=others, break_on_hyphens=False
    )


def section(title: str, lines: list[str]) -> list[str]:
    """Lines under a title, after an empty one; nothing where there are none."""
    return ["", f"{title}:", *(f"  {line}" for line in lines)] if lines else []
