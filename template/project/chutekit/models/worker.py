"""The threads that use the GPU: one where requests must not meet, several on purpose."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from chutekit.models import gpu
from chutekit.models.gpu import Fault
from chutekit.serving import logs
from chutekit.serving.contract import Job
from chutekit.serving.errors import Refusal, timed_out, too_busy
from chutekit.serving.instance import Instance

# Beyond the limit of a request: how long one step may take before the GPU counts as stuck. Even the
# longest limit and this stay below the 600 s of the platform's ingress.
STUCK_SECONDS = 45.0
# Where nobody can tell how large a request is: so many in a row that memory did not suffice for are
# no chance.
MOST_SHORTAGES = 3

Result = TypeVar("Result")
OnStep = Callable[[], None]


class Worker:
    """Runs inferences in `turns` threads, whatever the number of threads that ask for one.

    `what` runs them is named when it stops answering, `threads` begins the name of each; `slow`
    and `large` say what a client could ask for instead.
    """

    def __init__(
        self,
        instance: Instance,
        seconds: float,
        *,
        turns: int = 1,
        what: str = "the GPU",
        threads: str = "turn",
        slow: str = "ask for less at once",
        large: str = "ask for less at once",
    ) -> None:
        self.instance = instance
        self.seconds = seconds
        self.what = what
        self.slow, self.large = slow, large
        self.proven_size = 0
        self.shortages = 0
        self.at_work = 0
        self._lock = threading.Lock()
        self._threads = ThreadPoolExecutor(turns, thread_name_prefix=threads)

    def run(self, job: Job[Any], size: int | None, infer: Callable[[OnStep], Result]) -> Result:
        """Run `infer`, which calls what it is given after every step; blocks until it is done.

        `size` is what memory use grows with, None when nothing tells. Raises Refusal when the
        request was too slow or too large, when the client has gone, or when the GPU had no time for
        it. The request's time runs from its arrival.
        """
        return self.result(job, self.start(job, size, infer))

    def start(
        self,
        job: Job[Any],
        size: int | None,
        infer: Callable[[OnStep], Result],
        over: Callable[[], bool] = lambda: False,
    ) -> Future[Result]:
        """Begin as soon as there is a turn, without waiting; `result` says what came of it.

        What memory did not suffice for is tried once more, unless it is `over` for good.
        """
        deadline = self.deadline(job)
        on_step = self.looking(job)

        def infer_in_time() -> Result:
            if time.monotonic() > deadline:
                what = f"{self.what[:1].upper()}{self.what[1:]}"
                raise too_busy(f"{what} had no time for this request; try again shortly.")
            return self._infer(size, infer, on_step, over)

        return self._threads.submit(infer_in_time)

    def looking(self, job: Job[Any]) -> OnStep:
        """What to call between steps: it raises Refusal when a request is to be given up."""
        deadline = self.deadline(job)

        def on_step() -> None:
            if job.cancelled:
                raise Refusal(400, "client_left", "The client left before the result was ready.")
            if time.monotonic() > deadline:
                raise timed_out(self.seconds, self.slow)

        return on_step

    def result(self, job: Job[Any], future: Future[Result]) -> Result:
        """Wait for what `start` has begun; the instance ends when it never comes."""
        try:
            return future.result(self.deadline(job) - time.monotonic() + STUCK_SECONDS)
        except TimeoutError:
            if not future.done():
                self.instance.fail(f"{self.what} has stopped answering")
            raise

    def deadline(self, job: Job[Any]) -> float:
        """When a request must be done, on the monotonic clock."""
        return min(time.monotonic() + self.seconds, job.exchange.deadline)

    def _infer(
        self,
        size: int | None,
        infer: Callable[[OnStep], Result],
        on_step: OnStep,
        over: Callable[[], bool],
    ) -> Result:
        crowded = False
        for _ in range(2):
            on_step()
            with self._lock:
                self.at_work += 1
            try:
                result = infer(on_step)
            except Refusal:
                raise
            except Exception as error:
                fault = gpu.fault(error)
                if fault is None:
                    raise
                logs.event("gpu_fault", "error", fault=fault, size=size, **logs.describe(error))
                if fault is Fault.LOST:
                    self.instance.fail("the GPU is lost")
                    raise
                crowded = crowded or self.at_work > 1
            else:
                self.proven_size = max(self.proven_size, size or 0)
                self.shortages = 0
                return result
            finally:
                with self._lock:
                    self.at_work -= 1
            # Outside of the handler: until here the exception kept the tensors alive.
            gpu.release_memory()
            if over():
                break
        if crowded:
            raise too_busy("Others use the GPU's memory at the moment; try again shortly.")
        self.shortages += 1
        known = self.shortages >= MOST_SHORTAGES if size is None else size <= self.proven_size
        if known:
            self.instance.fail("the GPU has no memory left for what it could do before")
            self.instance.check_ready()
        raise Refusal(
            400,
            "too_large",
            f"The GPU has not enough memory for this request; {self.large}.",
        )
