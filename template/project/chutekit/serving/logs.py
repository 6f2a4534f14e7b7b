"""One JSON object per line on standard output, for our events and for every library's.

A library's messages and exception texts may quote a prompt (diffusers does), so of a third-party
record only its origin is kept, and of an exception its type and the place that raised it.
"""

import json
import logging
import math
import os
import re
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any

import orjson
from hypercorn.config import Config
from loguru import logger

if TYPE_CHECKING:
    from loguru import Message

# Their records hold literal templates with the values apart, never text of a request.
TRUSTED_LOGGERS = ("hypercorn", "uvicorn")
ONE_OF_A_KIND_SECONDS = 1.0
SECRET_NAME = re.compile(r"TOKEN|SECRET|PASSWORD|_KEY$|_URL$|JWT")


def event(name: str, level: str = "info", **fields: Any) -> None:
    """Write one line. Fields must not hold anything a client wrote, prompts above all.

    Raises nothing: a request, and the end of an instance, go on where nothing can be written.
    """
    _output.write(name, level, fields)


class _Output:
    """Standard output, which may be on a full disk, or read by nobody: lines are lost then."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lost = 0

    def write(self, name: str, level: str, fields: Mapping[str, Any]) -> None:
        """Write a line, and before it how many could not be written, if any."""
        with self._lock:
            if self._lost and _wrote(_line("lines_lost", "warning", {"lines": self._lost})):
                self._lost = 0
            self._lost += not _wrote(_line(name, level, fields))


_output = _Output()


def _line(name: str, level: str, fields: Mapping[str, Any]) -> str:
    record = {"time": round(time.time(), 3), "level": level, "event": name, **fields}
    try:
        return orjson.dumps(record, default=str, option=orjson.OPT_APPEND_NEWLINE).decode()
    except TypeError:  # half a surrogate pair, as in a file's name, or a number of over 64 bits
        return json.dumps(record, default=str) + "\n"


def _wrote(line: str) -> bool:
    """Whether a line went out; it does not when the disk is full, or nobody reads any more."""
    try:
        sys.stdout.write(line)
        sys.stdout.flush()
    except (OSError, ValueError):
        return False
    return True


def describe(error: BaseException) -> dict[str, str]:
    """Type and place of an exception and of what caused it; never its text."""
    described = {"error": type(error).__qualname__, "at": place(error.__traceback__)}
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None:
        described["cause"] = f"{type(cause).__qualname__} at {place(cause.__traceback__)}"
    return described


def place(trace: TracebackType | None) -> str:
    """`file:line:function` of the innermost frame."""
    frames = traceback.extract_tb(trace)
    if not frames:
        return "unknown"
    last = frames[-1]
    return f"{_short(last.filename)}:{last.lineno}:{last.name}"


def first_line(error: BaseException) -> str:
    """An exception's own words with secrets blanked. Only for start-up, before any request."""
    text = (str(error).strip().splitlines() or [""])[0]
    for name, value in os.environ.items():
        if len(value) >= 6 and SECRET_NAME.search(name.upper()):
            text = text.replace(value, "***")
    return f"{type(error).__qualname__}: {text[:300]}" if text else type(error).__qualname__


def configure() -> None:
    """Send every logger of the process, the SDK's and the libraries', through `event`."""
    logger.remove()
    logger.add(_from_loguru, level="INFO", format="{message}", backtrace=False, diagnose=False)
    # Three lines per request that say less than our own one.
    logger.disable("chutes.chute.cord")
    logging.basicConfig(handlers=[_Handler()], level=logging.INFO, force=True)
    # The SDK's log server, in a thread of its own, has given these handlers already.
    for name in ("uvicorn", "uvicorn.access", "uvicorn.error"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = name != "uvicorn.access"
    logging.captureWarnings(True)
    warnings.simplefilter("ignore")
    # The SDK makes the server's configuration itself; without this default it would get a
    # handler of its own.
    Config.errorlog = logging.getLogger("hypercorn.error")
    sys.excepthook = _uncaught
    threading.excepthook = _uncaught_in_thread


def _from_loguru(message: "Message") -> None:
    record = message.record
    text = record["message"].partition("\n")[0][:300]
    if record["level"].no >= logging.WARNING and record["function"].endswith("iterator"):
        # The SDK ends these with the text of an exception from the middle of a response.
        text = text.partition(":")[0]
    fields: dict[str, Any] = {"logger": record["name"], "message": text}
    if record["exception"] is not None and record["exception"].value is not None:
        fields |= describe(record["exception"].value)
    event("log", record["level"].name.lower(), **fields)


class _Handler(logging.Handler):
    """A place in a library that has much to say, such as asyncio's when there is no descriptor for
    another connection, says it once a second."""

    def __init__(self) -> None:
        super().__init__()
        self._last: dict[tuple[str, int], tuple[float, int]] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Write it, with how many like it were left out before."""
        place_of = (record.pathname, record.lineno)
        now = time.monotonic()  # the record's own time may jump back, for days
        last, left_out = self._last.get(place_of, (-math.inf, 0))
        if now - last < ONE_OF_A_KIND_SECONDS:
            self._last[place_of] = (last, left_out + 1)
            return
        self._last[place_of] = (now, 0)
        self._write(record, {"left_out": left_out} if left_out else {})

    def _write(self, record: logging.LogRecord, more: dict[str, int]) -> None:
        fields: dict[str, Any] = {"logger": record.name}
        if record.name.startswith(TRUSTED_LOGGERS):
            fields["message"] = record.getMessage().partition("\n")[0][:300]
        else:
            fields["at"] = f"{_short(record.pathname)}:{record.lineno}:{record.funcName}"
        if record.exc_info and record.exc_info[1] is not None:
            fields |= describe(record.exc_info[1])
        event("log", record.levelname.lower(), **fields, **more)


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    event("uncaught_exception", "error", **describe(error))


def _uncaught_in_thread(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None:
        event("uncaught_exception", "error", **describe(args.exc_value))


def _short(path: str) -> str:
    return "/".join(path.split("/")[-2:])
