"""The state of this instance: whether it takes work, how much it has, and how it ends."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum

from chutekit.serving import logs, metrics
from chutekit.serving.errors import Refusal, too_busy

FAILURE_GRACE_SECONDS = 5.0
# The platform's ingress cuts a call off after 600 s, its time at the instance included, and tells
# the client nothing but that. Below it there is room for the way here and back.
LONGEST_REQUEST_SECONDS = 540.0


class Phase(StrEnum):
    """Where an instance is in its life."""

    STARTING = "starting"
    READY = "ready"
    DRAINING = "draining"
    FAILED = "failed"


class Instance:
    """Counts work and admits it, from any thread; ends the process when it has to."""

    def __init__(self, concurrency: int, request_seconds: float = LONGEST_REQUEST_SECONDS) -> None:
        self.concurrency = concurrency
        self.request_seconds = request_seconds
        self.phase = Phase.STARTING
        self.reason = ""
        #: Tells it from the chute's other instances, in metrics.
        self.replica = os.urandom(4).hex()
        self.started = time.time()
        self._began = time.monotonic()
        self.ready_since: float | None = None
        self.last_success: float | None = None
        self.in_flight = 0
        self.exchanges = 0
        self._lock = threading.Lock()
        self._at_end: list[Callable[[], None]] = []

    @property
    def uptime(self) -> float:
        """Seconds since it was made, whatever became of the clock meanwhile."""
        return time.monotonic() - self._began

    def ready(self) -> None:
        """Start taking work, unless the end has begun already."""
        if self.phase is not Phase.STARTING:
            return
        self.phase = Phase.READY
        self.ready_since = time.time()
        metrics.READY.set(1)

    def draining(self) -> None:
        """Stop taking work; what is being worked on goes on."""
        if self.phase is not Phase.FAILED:
            self.phase = Phase.DRAINING
        metrics.READY.set(0)

    def fail(self, reason: str) -> None:
        """Give up: answer 503 from now on and end the process, so the platform replaces it."""
        with self._lock:
            if self.phase is Phase.FAILED:
                return
            self.phase = Phase.FAILED
            self.reason = reason
        metrics.READY.set(0)
        logs.event("instance_failed", "error", reason=reason)
        timer = threading.Timer(FAILURE_GRACE_SECONDS, self.end, args=[1])
        timer.daemon = True
        timer.start()

    def at_end(self, action: Callable[[], None]) -> None:
        """Run `action` just before the process ends, last registered first."""
        self._at_end.append(action)

    def end(self, status: int) -> None:
        """End the process now: the SDK runs no shutdown hooks, and worker threads block an exit."""
        try:
            for action in reversed(self._at_end):
                try:
                    action()
                except Exception as error:
                    logs.event("end_action_failed", "error", **logs.describe(error))
            logs.event("ended", status=status, in_flight=self.in_flight)
        finally:
            os._exit(status)

    @contextmanager
    def exchange(self) -> Iterator[None]:
        """Hold the process open until an answer has been sent."""
        with self._lock:
            self.exchanges += 1
        try:
            yield
        finally:
            with self._lock:
                self.exchanges -= 1

    @contextmanager
    def work(self) -> Iterator[None]:
        """Take one of the instance's places for work; Refusal when there is none."""
        self.check_ready()
        with self._lock:
            if self.in_flight >= self.concurrency:
                raise too_busy(
                    f"All {self.concurrency} places of this instance are taken; try again shortly."
                )
            self.in_flight += 1
        metrics.IN_FLIGHT.inc()
        try:
            yield
        finally:
            with self._lock:
                self.in_flight -= 1
            metrics.IN_FLIGHT.dec()

    def check_ready(self) -> None:
        """Refusal when the instance takes no work."""
        if self.phase is Phase.FAILED:
            raise Refusal(503, "instance_failed", f"This instance is being replaced: {self.reason}")
        if self.phase is not Phase.READY:
            raise too_busy(f"This instance is {self.phase}; try again shortly.")

    def succeeded(self) -> None:
        """Note that work was done."""
        self.last_success = time.time()
