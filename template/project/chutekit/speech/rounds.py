"""Windows of several recordings at the model's ears at once, which take little longer than one.

A decoder reads all its weights for each token of one window or of sixteen. Whoever's turn it is
takes along what else waits and is alike; who was taken along finds his work done at his own turn.
"""

import threading
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, Protocol

from prometheus_client import Gauge, Histogram

from chutekit.models import gpu
from chutekit.models.worker import OnStep, Worker
from chutekit.serving import logs
from chutekit.serving.contract import Job
from chutekit.speech.said import Heard, Wish

if TYPE_CHECKING:
    from chutekit.speech.sounds import Samples

ROUND_SECONDS = Histogram(
    "speech_round_seconds",
    "Seconds of the GPU's time for some windows at once.",
    buckets=(0.1, 0.25, 0.5, 1, 2, 4, 8, 16, 32, 64),
)
ROUND_WINDOWS = Histogram(
    "speech_round_windows", "Windows heard at once.", buckets=(1, 2, 4, 8, 16, 32)
)
GPU_PEAK_BYTES = Gauge("speech_gpu_peak_bytes", "The most GPU memory the latest round used.")


class Model(Protocol):
    """What hears: `chutekit.speech.whisper`, its stand-in, or a class of the owner's.

    `languages` are the codes of those it can be asked for.
    """

    languages: frozenset[str]

    def hear(
        self, windows: Sequence["Samples"], wishes: Sequence[Wish], on_step: OnStep
    ) -> Sequence[Heard]: ...


class Ticket:
    """One window of a request, until it was heard."""

    def __init__(self, job: Job[Any], samples: "Samples", wish: Wish, deadline: float) -> None:
        self.job = job
        self.samples = samples
        self.wish = wish
        self.deadline = deadline
        self.heard: Heard | None = None
        self.alone = False

    @property
    def over(self) -> bool:
        """Whether nobody waits for it any more."""
        return self.job.cancelled or time.monotonic() > self.deadline

    @property
    def kind(self) -> tuple[str, str, bool]:
        """What windows that are heard at once have in common."""
        return self.wish.task, self.wish.timestamps, self.wish.language is None


class Rounds:
    """Hears windows, at most `most` at once, in the one thread of a worker."""

    def __init__(self, model: Model, worker: Worker, most: int) -> None:
        self.model = model
        self.worker = worker
        self.most = most
        self._waiting: list[Ticket] = []
        self._lock = threading.Lock()

    def submit(self, job: Job[Any], samples: "Samples", wish: Wish) -> Future[Heard]:
        """Have a window heard; `Worker.result` waits for it, and raises Refusal."""
        ticket = Ticket(job, samples, wish, self.worker.deadline(job))
        with self._lock:
            self._waiting.append(ticket)
        future = self.worker.start(job, None, lambda on_step: self._round(ticket, on_step))
        future.add_done_callback(lambda _: self._forget(ticket))
        return future

    def _round(self, ticket: Ticket, on_step: OnStep) -> Heard:
        if ticket.heard is None:
            batch = self._batch(ticket)
            # What memory does not suffice for at once is tried once more, alone.
            ticket.alone = True

            def going_on() -> None:
                if all(each.over for each in batch):
                    on_step()

            self._hear(batch, going_on)
        assert ticket.heard is not None
        return ticket.heard

    def _hear(self, batch: Sequence[Ticket], on_step: OnStep) -> None:
        started = time.perf_counter()
        try:
            found = self.model.hear(
                [each.samples for each in batch], [each.wish for each in batch], on_step
            )
        except Exception as error:
            if len(batch) > 1 and gpu.fault(error) is gpu.Fault.OUT_OF_MEMORY:
                self.most = len(batch) // 2
                logs.event("fewer_at_once", "warning", most=self.most)
            raise
        for each, heard in zip(batch, found, strict=True):
            each.heard = heard
        ROUND_SECONDS.observe(time.perf_counter() - started)
        ROUND_WINDOWS.observe(len(batch))
        GPU_PEAK_BYTES.set(gpu.take_peak_bytes())

    def _batch(self, first: Ticket) -> list[Ticket]:
        """The ticket and others that are alike, one of each request in turn."""
        if first.alone:
            return [first]
        requests: dict[int, deque[Ticket]] = {}
        with self._lock:
            for each in self._waiting:
                if each is not first and each.heard is None and each.kind == first.kind:
                    requests.setdefault(id(each.job), deque()).append(each)
        # Those of the same request come last in the first lap: it has its share already.
        own = requests.pop(id(first.job), deque())
        if own:
            requests[id(first.job)] = own
        batch = [first]
        while requests and len(batch) < self.most:
            for name in list(requests):
                batch.append(requests[name].popleft())
                if not requests[name]:
                    del requests[name]
                if len(batch) == self.most:
                    break
        return batch

    def _forget(self, ticket: Ticket) -> None:
        with self._lock:
            self._waiting.remove(ticket)
