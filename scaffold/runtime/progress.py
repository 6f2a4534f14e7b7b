"""Progress on standard error: JSON lines for programs that watch a run, a count for people.

`{"event": "step", "step": "render", "status": "started"}`, then the same with `done` or `failed`
and its seconds; `{"event": "message", "text": ...}` for what people would read; at the end
`{"event": "end", "code": 0}` with the exit code. JSON only while `on` is true.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from scaffold.errors import OutsideFailure
from scaffold.runtime import streams

on = False


@contextmanager
def step(name: str) -> Iterator[None]:
    """One part of the work."""
    emit("step", step=name, status="started")
    began = time.perf_counter()
    status = "failed"
    try:
        yield
        status = "done"
    finally:
        seconds = round(time.perf_counter() - began, 3)
        emit("step", step=name, status=status, seconds=seconds)


def emit(event: str, **fields: Any) -> None:
    """Write one line, when somebody listens; who does not any more is no reason to fail."""
    if on:
        with suppress(OutsideFailure):
            streams.write(sys.stderr, json.dumps({"event": event, **fields}))


@contextmanager
def tally(text: str) -> Iterator[Callable[[], None]]:
    """A count that goes up with every call, on a terminal only; gone when the work is done.

    `text` has a `{}` for the number.
    """
    if on or sys.stderr is None or not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield lambda: None
        return
    count = 0
    width = 0

    def tick() -> None:
        nonlocal count, width
        count += 1
        line = text.format(count)
        width = len(line)
        show(line)

    def show(line: str) -> None:
        with suppress(OSError):
            sys.stderr.write(f"\r{line}")
            sys.stderr.flush()

    try:
        yield tick
    finally:
        show(" " * width + "\r")
