"""Progress on standard error: JSON lines for programs that watch a run, a line for people.

`{"event": "step", "step": "render", "status": "started"}`, then the same with `done` or `failed`
and its seconds; `{"event": "message", "text": ...}` for what people would read; at the end
`{"event": "end", "code": 0}` with the exit code. JSON only while `on` is true.
"""

import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from scaffold.errors import OutsideFailure
from scaffold.runtime import streams

on = False
# What people read of a step that takes a while; those within another show in its place.
STEPS = {
    "answers": "Checking the answers",
    "digest": "Looking up the base image",
    "render": "Writing the files",
    "weights": "Listing the files of the model",
    "verify.files": "Verifying, 1 of 3: the files",
    "verify.checklist": "Verifying, 2 of 3: the checklist",
    "verify.sdk": "Verifying, 3 of 3: loading it on the SDK",
    "commit": "Committing",
    "publish": "Moving it into place",
}


@contextmanager
def step(name: str) -> Iterator[None]:
    """One part of the work."""
    emit("step", step=name, status="started")
    began = time.perf_counter()
    status = "failed"
    try:
        with waiting(STEPS.get(name, name)):
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


_FIRST_SECONDS = 1.0
_doing: list[str] = []
_width = 0
_line = threading.RLock()


@contextmanager
def waiting(text: str) -> Iterator[None]:
    """Say on a terminal what is being done, and since how many seconds, when it takes a while.

    One within another shows in its place. Gone when the work is done, and before anything else is
    said: see `aside`. A terminal that cannot go back in a line is told once.
    """
    if on or sys.stderr is None or not sys.stderr.isatty():
        yield
        return
    _doing.append(text)
    ended = threading.Event()
    teller = threading.Thread(target=_tell, args=(ended,), daemon=True)
    if len(_doing) == 1:
        teller.start()
    try:
        yield
    finally:
        _doing.pop()
        if not _doing:
            ended.set()
            with aside():
                pass


@contextmanager
def aside() -> Iterator[None]:
    """Take the line of `waiting` away while something else is said."""
    global _width
    with _line:
        if _width:
            with suppress(OSError):
                sys.stderr.write("\r" + " " * _width + "\r")
                sys.stderr.flush()
            _width = 0
        yield


def _tell(ended: threading.Event) -> None:
    began = time.monotonic()
    told = ""
    while not ended.wait(_FIRST_SECONDS):
        with _line, suppress(OSError, IndexError):
            if not ended.is_set():
                text = _doing[-1]
                _show(text, time.monotonic() - began, again=text == told)
                told = text


def _show(text: str, seconds: float, *, again: bool) -> None:
    global _width
    if os.environ.get("TERM") != "dumb":
        line = f"{text} ({seconds:.0f} s)"
        sys.stderr.write("\r" + line.ljust(_width))
        _width = max(_width, len(line))
    elif not again:
        sys.stderr.write(f"{text} ...\n")
    sys.stderr.flush()
