"""Runs `chute-new` within the process of the tests: arguments in, streams and exit code out.

What a process of its own would have is set for the time of the run, and put back after it: the
working directory, the environment, standard streams, the handlers of signals, and the package's own
memory of what was interrupted or is listened to.
"""

import contextlib
import functools
import io
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from unittest import mock

import typer.main

from scaffold.__main__ import main
from scaffold.runtime import interrupts, progress

# What Typer makes of all functions and their options is the same for each run.
_built = functools.cache(typer.main.get_command)
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_MEMORY = (
    (interrupts, ("received", "outcome", "_deferring")),
    (progress, ("on",)),
)


def run(
    *arguments: str, cwd: Path, env: Mapping[str, str], input: str = ""
) -> subprocess.CompletedProcess[str]:
    """One run from beginning to end, and what it said."""
    streams = {"stdin": _stream(input), "stdout": _stream(), "stderr": _stream()}
    with _apart(cwd, env), contextlib.ExitStack() as stack:
        for name, stream in streams.items():
            stack.callback(setattr, sys, name, getattr(sys, name))
            setattr(sys, name, stream)
        stack.callback(setattr, sys, "argv", sys.argv)
        sys.argv = ["chute-new", *arguments]
        stack.enter_context(mock.patch.object(typer.main, "get_command", _built))
        try:
            main()
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
        else:
            code = 0
    said = [_written(streams[name]) for name in ("stdout", "stderr")]
    return subprocess.CompletedProcess(["chute-new", *arguments], code, *said)


def _stream(text: str = "") -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(text.encode()), encoding="utf-8", write_through=True)


def _written(stream: io.TextIOWrapper) -> str:
    stream.flush()
    stream.seek(0)
    return stream.read()


@contextlib.contextmanager
def _apart(cwd: Path, env: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ), Path.cwd()
    handlers = {number: signal.getsignal(number) for number in _SIGNALS}
    memory = {(module, name): getattr(module, name) for module, names in _MEMORY for name in names}
    os.environ.clear()
    os.environ.update(env)
    os.chdir(cwd)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before[0])
        os.chdir(before[1])
        for number, handler in handlers.items():
            signal.signal(number, handler)
        for (module, name), value in memory.items():
            setattr(module, name, value)
