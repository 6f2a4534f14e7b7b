"""The one thread that uses the GPU."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from chutekit.pictures import gpu
from chutekit.pictures.gpu import Fault
from chutekit.serving import logs
from chutekit.serving.contract import Job
from chutekit.serving.errors import Refusal, timed_out, too_busy
from chutekit.serving.instance import Instance

# Beyond the limit of a request: how long one step may take before the GPU counts as stuck. Even the
# longest limit and this stay below the 600 s of the platform's ingress.
STUCK_SECONDS = 45.0

Result = TypeVar("Result")
OnStep = Callable[[], None]


class Worker:
    """Runs inferences one at a time, whatever the number of threads that ask for one."""

    def __init__(self, instance: Instance, seconds: float) -> None:
        self.instance = instance
        self.seconds = seconds
        self.proven_size = 0
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="gpu")

    def run(self, job: Job[Any], size: int, infer: Callable[[OnStep], Result]) -> Result:
        """Run `infer`, which calls what it is given after every step; blocks until it is done.

        `size` is what memory use grows with. Raises Refusal when the request was too slow or too
        large, when the client has gone, or when the GPU had no time for it. The request's time runs
        from its arrival.
        """
        deadline = min(time.monotonic() + self.seconds, job.exchange.deadline)

        def on_step() -> None:
            if job.cancelled:
                raise Refusal(400, "client_left", "The client left before the result was ready.")
            if time.monotonic() > deadline:
                raise timed_out(self.seconds, "ask for fewer steps or fewer pixels")

        def infer_in_time() -> Result:
            if time.monotonic() > deadline:
                raise too_busy("The GPU had no time for this request; try again shortly.")
            return self._infer(size, infer, on_step)

        future = self._thread.submit(infer_in_time)
        try:
            return future.result(deadline - time.monotonic() + STUCK_SECONDS)
        except TimeoutError:
            if not future.done():
                self.instance.fail("the GPU has stopped answering")
            raise

    def _infer(self, size: int, infer: Callable[[OnStep], Result], on_step: OnStep) -> Result:
        for _ in range(2):
            on_step()
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
            else:
                self.proven_size = max(self.proven_size, size)
                return result
            # Outside of the handler: until here the exception kept the tensors alive.
            gpu.release_memory()
        if size <= self.proven_size:
            self.instance.fail("the GPU has no memory left for what it could do before")
            self.instance.check_ready()
        raise Refusal(
            400,
            "too_large",
            "The GPU has not enough memory for this request; ask for fewer pixels.",
        )
