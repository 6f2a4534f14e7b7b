"""The report about a defect of ours: what a maintainer needs, and nothing of the user's."""

import contextlib
import platform
import tempfile
import traceback
from collections.abc import Iterator, Sequence
from importlib import metadata
from pathlib import Path

from scaffold import __version__

PACKAGES = ("copier", "jinja2", "typer", "questionary", "chutes", "pyyaml", "uv")


def write(error: BaseException, arguments: Sequence[str], commands: Sequence[str]) -> Path | None:
    """Keep the report in a temporary file; None where not even that can be written."""
    with (
        contextlib.suppress(OSError),
        tempfile.NamedTemporaryFile(
            "w", prefix="chute-new-defect-", suffix=".txt", delete=False, encoding="utf-8"
        ) as file,
    ):
        file.write(text(error, arguments, commands))
        return Path(file.name)
    return None


def text(error: BaseException, arguments: Sequence[str], commands: Sequence[str]) -> str:
    """Versions, the names of the options and of the command, and where it happened.

    Values are left out, those in the messages of the exceptions too: they may be answers.
    """
    lines = [
        f"chute-new {__version__}, Python {platform.python_version()}, {platform.platform()}",
        ", ".join(f"{name} {_version(name)}" for name in PACKAGES),
        f"options: {' '.join(_options(arguments, commands)) or 'none'}",
    ]
    for link in _chain(error):
        lines += ["", f"{type(link).__module__}.{type(link).__qualname__} at"]
        lines += [line.rstrip() for line in traceback.format_tb(link.__traceback__)]
    return _without_home("\n".join(lines)) + "\n"


def _without_home(report: str) -> str:
    try:
        return report.replace(str(Path.home()), "~")
    except RuntimeError:  # there is none
        return report


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


def _options(arguments: Sequence[str], commands: Sequence[str]) -> Iterator[str]:
    for argument in arguments:
        if argument.startswith("--"):
            yield argument.partition("=")[0]
        elif argument in commands:
            yield argument


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The exception, then what it came from."""
    while error is not None:
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
