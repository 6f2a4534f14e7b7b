"""Start-up steps, and the end on SIGTERM.

The SDK runs no shutdown hooks and handles no signals: as process 1 of a container a plain chute
ignores SIGTERM until it is killed.
"""

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

from pydantic import ValidationError

from chutekit import WrongUse
from chutekit.serving import logs, metrics
from chutekit.serving.errors import from_validation
from chutekit.serving.instance import Instance

# Below the platform's grace period of 180 s.
DRAIN_SECONDS = 150.0
# How long the SDK's log server stays up after a failed start, so that its logs can be read.
LINGER_SECONDS = 60.0


class StartupError(Exception):
    """Start-up cannot go on; the message says why and what would help."""

    step = "start-up"


@contextmanager
def step(name: str) -> Iterator[None]:
    """Time and log one step of start-up; an exception in it becomes a StartupError."""
    started = time.perf_counter()
    try:
        yield
    except StartupError as error:
        error.step = name
        raise
    except Exception as error:
        failure = StartupError(logs.first_line(error))
        failure.step = name
        raise failure from error
    seconds = round(time.perf_counter() - started, 3)
    metrics.STARTUP_SECONDS.labels(step=name).set(seconds)
    logs.event("startup_step", step=name, seconds=seconds)


def development() -> bool:
    """Whether this is `chutes run --dev` on somebody's machine. The SDK sets the variable."""
    return os.environ.get("CHUTES_DEV_MODE", "").lower() == "true"


def handle_signals(instance: Instance) -> None:
    """On SIGTERM or SIGINT drain, then end with status 0. Needs the running event loop."""
    loop = asyncio.get_running_loop()
    tasks: set[asyncio.Task[None]] = set()

    def stop(name: str) -> None:
        if not tasks:
            logs.event("stopping", signal=name, in_flight=instance.in_flight)
            tasks.add(loop.create_task(drain(instance)))

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop, number.name)


async def drain(instance: Instance, within: float = DRAIN_SECONDS) -> None:
    """Let what is being answered finish, within a bound in seconds, and end the process."""
    instance.draining()
    deadline = time.monotonic() + within
    while instance.exchanges and time.monotonic() < deadline:
        await asyncio.sleep(0.05)
    await asyncio.sleep(0.1)  # the server may still be writing the last bytes
    instance.end(0)


async def give_up(instance: Instance, error: Exception) -> None:
    """Say in one line why start-up failed and end the process with status 1."""
    at = error.step if isinstance(error, StartupError) else "start-up"
    reason = str(error) if isinstance(error, StartupError | WrongUse) else logs.first_line(error)
    if isinstance(error, ValidationError):
        reason = f"{error.title}: {from_validation(error).message}"
    cause = error.__cause__ or error
    logs.event(
        "startup_failed", "error", step=at, reason=reason, at=logs.place(cause.__traceback__)
    )
    await asyncio.sleep(0 if development() else LINGER_SECONDS)
    instance.end(1)
