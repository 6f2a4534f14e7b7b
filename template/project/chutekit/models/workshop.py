"""From a valid request to an answer by a model of one's own: start-up, turns, what is sent."""

import asyncio
import importlib
import inspect
import queue
import threading
import time
import typing
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from fastapi import Response
from prometheus_client import Gauge, Histogram
from pydantic import BaseModel

from chutekit.models import gpu, loading
from chutekit.models.loading import Source
from chutekit.models.worker import OnStep, Worker
from chutekit.serving import backend, checksums, usage
from chutekit.serving.contract import Job
from chutekit.serving.events import AHEAD, event
from chutekit.serving.exchange import Exchange
from chutekit.serving.instance import Instance
from chutekit.serving.lifecycle import StartupError, step
from chutekit.serving.recall import Recall, remembered

TURN_SECONDS = Histogram(
    "model_turn_seconds",
    "Seconds that a method of the model took.",
    ["method"],
    buckets=(0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 16, 32, 64, 128, 256),
)
GPU_PEAK_BYTES = Gauge("model_gpu_peak_bytes", "The most GPU memory in use since the last turn.")

#: Safetensors and what describes them: other formats can run code when they are loaded.
FILES = ("*.safetensors", "*.json", "*.txt", "*.model", "*.jinja")
JSON = "application/json"
EVENTS = "text/event-stream"
WARM_UP_SECONDS = 20 * 60.0
_END = object()

#: Of the class in chute.py: takes a valid request and `on_step`, returns or yields what is sent.
Method = Callable[..., Any]
Named = TypeVar("Named", bound=Method)


def without_gpu(method: Named) -> Named:
    """Mark a method that computes nothing on the GPU: it waits for no turn there, nor takes one."""
    method.__dict__["without_gpu"] = True
    return method


def never_cached(method: Named) -> Named:
    """Mark a method whose answers are not remembered, because they differ each time or grow old.

    Those that yield are not remembered anyway, nor what is asked with a `seed` or `temperature`
    that leaves something to chance.
    """
    method.__dict__["never_cached"] = True
    return method


class Workshop:
    """A loaded model, its turns on the GPU, threads for what needs none, and what it remembers."""

    def __init__(
        self,
        instance: Instance,
        function: Callable[[Method, str], Method],
        turns: int,
        name: str,
        hardware: str | None = None,
        recall: Recall | None = None,
    ) -> None:
        seconds = instance.request_seconds
        self.function = function
        self.backend = name
        self.hardware = hardware
        self.recall = recall
        self.on_gpu = Worker(instance, seconds, turns=turns)
        self.aside = Worker(
            instance,
            seconds,
            turns=instance.concurrency,
            what="the code of chute.py",
            threads="aside",
        )

    @classmethod
    async def open(
        cls,
        instance: Instance,
        model: type,
        *,
        warm_up: Sequence[Method],
        models: Sequence[str] = (),
        files: Sequence[str] = FILES,
        listed: str = "",
        gated: bool = False,
        turns: int = 1,
        recall: Recall | None = None,
    ) -> "Workshop":
        """Fetch `models`, make one `model` of their folders and try each method of `warm_up`.

        `models` are `owner/name@commit`, `listed` their large files, a line `SHA-256 BYTES
        OWNER/NAME/PATH` each; `model` is called with a dict of the folders by `owner/name`. A
        method is tried with the first example of its request. `turns` is how many requests use the
        GPU at once; `recall` remembers answers. StartupError when any of it fails.
        """
        for method in warm_up:
            usage.accepts(method, _name(method), "self", "request", "on_step")
        loading.quieten()
        workshop: Workshop
        if backend.stub_requested():
            stand_in = importlib.import_module("chutekit.testing.standins.model")
            with step("load"):
                workshop = cls(instance, stand_in.in_place_of, turns, "stub", recall=recall)
        else:
            sources = [_source(each, files, listed, gated) for each in models]
            folders = await loading.folders(sources)
            named = {source.model: folder for source, folder in zip(sources, folders, strict=True)}
            with step("load"):
                loaded = await asyncio.to_thread(model, named)
            hardware = await asyncio.to_thread(gpu.name)
            workshop = cls(
                instance, lambda method, _: _bound(loaded, method), turns, "model", hardware, recall
            )
        # In the threads that requests use, but with more time: a first call may compile.
        with step("warm-up"):
            workshop.on_gpu.seconds = workshop.aside.seconds = WARM_UP_SECONDS
            for method in warm_up:
                await asyncio.to_thread(workshop._try, method)
            workshop.on_gpu.seconds = workshop.aside.seconds = instance.request_seconds
        return workshop

    def answer(
        self,
        job: Job[Any],
        method: Method,
        content_type: str = JSON,
        *,
        size: int | None = None,
    ) -> Response:
        """What a method makes of a request; blocks until it had its turn, if it needs one.

        An answer that is remembered does not, unless the method is marked `never_cached`. A
        pydantic model is sent as JSON, bytes as `content_type`. `size` is what the use of memory
        grows with, where that can be counted. Refusal as `Worker.run`.
        """

        def make() -> bytes:
            made = self._worker(method).run(job, size, self._whole(job, method, content_type))
            return content(method, made, content_type)

        recall = None if getattr(method, "never_cached", False) else self.recall
        made = remembered(recall, job, make, _name(method), content_type)
        return Response(made, media_type=content_type)

    def events(self, job: Job[Any], method: Method) -> Iterator[bytes]:
        """What a method yields, as events; the turn ends with the method, or when nobody listens.

        Each is a pydantic model, sent as JSON, a text, or bytes in the form of events, which are
        sent as they are. For a cord of kind `EventCord`.
        """
        made: queue.SimpleQueue[Any] = queue.SimpleQueue()
        room = threading.Semaphore(AHEAD)
        begun = threading.Event()

        function = self.function(method, EVENTS)

        def infer(on_step: OnStep) -> None:
            with measured(job, method):
                for item in function(job.request, on_step):
                    on_step()
                    while not room.acquire(timeout=1):
                        on_step()
                    begun.set()
                    made.put(event(_sendable(method, item)))

        worker = self._worker(method)
        # Once there was an event, a second attempt would send it again.
        future = worker.start(job, None, infer, over=begun.is_set)
        future.add_done_callback(lambda _: made.put(_END))
        try:
            while (item := _next(made)) is not _END:
                if item is not None:
                    room.release()
                    yield item
                elif job.cancelled or time.monotonic() > worker.deadline(job):
                    break
            worker.result(job, future)
        finally:
            job.cancelled = True

    def tell(self, method: Method, content_type: str = JSON) -> Response:
        """What a method that takes no request says; it waits for no turn, so it must be quick.

        For a cord of GET: it is given None in place of a request.
        """
        made = self.function(method, content_type)(None, lambda: None)
        return Response(content(method, made, content_type), media_type=content_type)

    def _worker(self, method: Method) -> Worker:
        return self.aside if getattr(method, "without_gpu", False) else self.on_gpu

    def _whole(self, job: Job[Any], method: Method, content_type: str) -> Callable[[OnStep], Any]:
        function = self.function(method, content_type)

        def infer(on_step: OnStep) -> Any:
            with measured(job, method):
                return function(job.request, on_step)

        return infer

    def _try(self, method: Method) -> None:
        """Answer the first example of a method's request, and look at what it returns."""
        request = example(method)
        job: Job[Any] = Job(request, Exchange("warm-up"))
        if answers_events(method):
            for _ in self.events(job, method):
                pass
        else:
            made = self._worker(method).run(job, None, self._whole(job, method, JSON))
            if not isinstance(made, BaseModel | bytes):
                raise StartupError(
                    f"{_name(method)} returned {type(made).__name__}: it must be a pydantic model, "
                    "or bytes."
                )


@contextmanager
def measured(job: Job[Any], method: Method) -> Iterator[None]:
    """Note how long a method took and how much of the GPU's memory was in use."""
    started = time.perf_counter()
    try:
        yield
    finally:
        seconds = time.perf_counter() - started
        TURN_SECONDS.labels(method.__name__).observe(seconds)
        peak = gpu.take_peak_bytes()
        GPU_PEAK_BYTES.set(peak)
        job.note(turn_seconds=round(seconds, 3), gpu_peak_mb=peak // 2**20)


def content(method: Method, made: object, content_type: str) -> bytes:
    """The bytes of an answer; TypeError when a method returned what cannot be sent so."""
    if isinstance(made, BaseModel) and content_type == JSON:
        return made.model_dump_json().encode()
    if isinstance(made, bytes) and content_type != JSON:
        return made
    raise TypeError(f"{_name(method)} returned {type(made).__name__} for {content_type}")


def example(method: Method) -> BaseModel:
    """The first example of the request that a method says it takes."""
    request = hints(method).get("request")
    if not (isinstance(request, type) and issubclass(request, BaseModel)):
        raise StartupError(f"{_name(method)} must say which request it takes.")
    extra = request.model_config.get("json_schema_extra")
    examples = extra.get("examples") if isinstance(extra, Mapping) else None
    if not isinstance(examples, list) or not examples:
        raise StartupError(f"{request.__name__} needs an example, which start-up tries.")
    return request.model_validate(examples[0])


def hints(method: Method) -> dict[str, Any]:
    """The types that a method names for what it takes and returns."""
    try:
        return typing.get_type_hints(method, include_extras=True)
    except (NameError, TypeError) as error:
        raise StartupError(f"{_name(method)} names a type that is not there: {error}.") from error


def answers_events(method: Method) -> bool:
    """Whether a method yields what it answers."""
    origin = typing.get_origin(hints(method).get("return"))
    return inspect.isgeneratorfunction(method) or origin in (Iterator, Iterable, Generator)


def _sendable(method: Method, item: object) -> BaseModel | str | bytes:
    if isinstance(item, BaseModel | str | bytes):
        return item
    raise TypeError(f"{_name(method)} yielded {type(item).__name__}, not a model or a text")


def _next(made: "queue.SimpleQueue[Any]") -> Any:
    """What was made next; None when a second has passed without."""
    try:
        return made.get(timeout=1)
    except queue.Empty:
        return None


def _bound(model: object, method: Method) -> Method:
    """The method of this model, which may be of a class derived from the one that was named."""
    found: Method = getattr(model, method.__name__)
    return found


def _source(named: str, files: Sequence[str], listed: str, gated: bool) -> Source:
    model, _, revision = named.partition("@")
    return Source(model, revision, files, checksums.of(model, listed), gated)


def _name(method: Method) -> str:
    return getattr(method, "__qualname__", repr(method))


#: What the class in chute.py is made with: the folder of each of its models, by `owner/name`.
Folders = Mapping[str, Path]
