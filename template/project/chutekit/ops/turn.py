"""One deployment at a time from this repository, whatever became of the command that began one.

The SDK's process inherits the lock: where its command was killed and it goes on alone, the next
command waits for it instead of reading a state that is about to change.
"""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager

from chutekit.ops.errors import REFUSED, Problem
from chutekit.ops.patience import seconds
from chutekit.ops.progress import say
from chutekit.ops.state import STATE


@contextmanager
def turn() -> Iterator[int]:
    """Wait for the others, then hold the lock; yields its file descriptor for the SDK's process."""
    STATE.mkdir(exist_ok=True)
    with (STATE / "turn.lock").open("w") as file:
        _acquire(file.fileno(), seconds("OPS_DEPLOY_SECONDS"))
        yield file.fileno()


def _acquire(lock: int, limit: float) -> None:
    deadline = time.monotonic() + limit
    told = False
    while True:
        try:
            return fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise Problem(
                    "Another command of this repository is still deploying.",
                    "Wait for it, or end it; then run this again.",
                    REFUSED,
                ) from None
        if not told:
            say("Another command of this repository is still deploying; waiting for it.")
            told = True
        time.sleep(0.2)
