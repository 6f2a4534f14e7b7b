"""From a valid request to a picture: start-up of the pipeline, the GPU's turn, the file."""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Self

from prometheus_client import Counter, Gauge, Histogram

from chutekit.models import gpu, loading
from chutekit.models.loading import Source
from chutekit.models.worker import OnStep, Worker
from chutekit.pictures import picture
from chutekit.serving import usage
from chutekit.serving.contract import Job
from chutekit.serving.errors import Refusal
from chutekit.serving.exchange import Exchange
from chutekit.serving.instance import Instance
from chutekit.serving.lifecycle import StartupError, step
from chutekit.serving.recall import Recall, remembered

if TYPE_CHECKING:
    from PIL.Image import Image

INFERENCE_SECONDS = Histogram(
    "image_inference_seconds",
    "Seconds of the GPU's time for one picture.",
    buckets=(0.1, 0.25, 0.5, 1, 2, 4, 8, 16, 32, 64, 128),
)
PIXELS = Counter("image_pixels", "Pixels made.")
STEPS = Counter("image_steps", "Denoising steps taken.")
GPU_PEAK_BYTES = Gauge("image_gpu_peak_bytes", "The most GPU memory the latest picture used.")


class Studio:
    """A loaded pipeline, the one GPU it runs on, and what remembers its pictures, if any does."""

    #: The method of the pipeline that makes a picture, and what it is given. chute.py defines it,
    #: and `chutekit.testing.standins.pipeline` stands in for it.
    METHOD: ClassVar[str] = "generate"
    GIVEN: ClassVar[tuple[str, ...]] = ("self", "request", "seed", "on_step")

    def __init__(
        self,
        pipeline: Any,
        worker: Worker,
        backend_name: str,
        warm_up: Any,
        recall: Recall | None = None,
    ) -> None:
        self.pipeline = pipeline
        self.recall = recall
        self.warm_up = warm_up
        self.worker = worker
        self.backend = backend_name

    @classmethod
    async def open(
        cls,
        instance: Instance,
        pipeline: type[Any],
        *,
        model: str,
        revision: str,
        files: Sequence[str],
        listed: str,
        gated: bool,
        warm_up: Any,
        recall: Recall | None = None,
    ) -> Self:
        """Fetch and load the model and make one picture; StartupError when any of it fails.

        `files` are patterns of paths in the model's repository; `listed` are its large files, a
        line `SHA-256 BYTES PATH` each; `warm_up` is the request of the first picture; `recall`
        remembers the pictures of requests that bring a seed.
        """
        # The stand-in has this method right; without a look here, a GPU would be the first to know.
        usage.accepts(getattr(pipeline, cls.METHOD), f"Pipeline.{cls.METHOD}", *cls.GIVEN)
        source = Source(model, revision, files, listed, gated)
        loaded, real = await loading.loaded(pipeline, source)
        name = "diffusers" if real else "stub"
        worker = Worker(
            instance,
            instance.request_seconds,
            slow="ask for fewer steps or fewer pixels",
            large="ask for fewer pixels",
        )
        studio = cls(loaded, worker, name, warm_up, recall)
        with step("warm-up"):
            if not await asyncio.to_thread(studio.works):
                raise StartupError("the first picture is black: the model does not compute right")
        return studio

    def works(self) -> bool:
        """Whether the request of the first picture still makes one that is not black."""
        job = Job(self.warm_up, Exchange("warm-up"))
        return not picture.black(self._image(job, 0))

    def picture(self, job: Job[Any], seed: int) -> bytes:
        """The bytes of the file a request asks for; blocks until the GPU had its turn.

        One that is remembered takes none. Reads steps and format of the request. Refusal as
        `Worker.run`, and when the picture is black. That alone is no fault of the instance, since a
        client can ask for what a safety checker blackens; it is when the first picture is black by
        now, too.
        """
        return remembered(self.recall, job, lambda: self._file(job, seed))

    def _file(self, job: Job[Any], seed: int) -> bytes:
        request = job.request
        image = self._image(job, seed)
        if picture.black(image):
            job.note(black=True)
            if not self.works():
                self.worker.instance.fail("the model makes black pictures only")
                self.worker.instance.check_ready()
            raise Refusal(400, "no_picture", "The model made a black picture of this request.")
        PIXELS.inc(image.width * image.height)
        STEPS.inc(request.steps)
        return picture.encode(image, request.format, seed)

    def work(self, job: Job[Any], seed: int) -> tuple[int, Callable[[OnStep], "Image"]]:
        """What memory use grows with, in pixels, and what makes the picture once it has a turn."""
        request = job.request
        return (
            request.width * request.height,
            lambda on_step: self.pipeline.generate(request, seed, on_step),
        )

    def _image(self, job: Job[Any], seed: int) -> "Image":
        size, make = self.work(job, seed)

        def infer(on_step: OnStep) -> "Image":
            started = time.perf_counter()
            made = make(on_step)
            seconds = time.perf_counter() - started
            INFERENCE_SECONDS.observe(seconds)
            peak = gpu.take_peak_bytes()
            GPU_PEAK_BYTES.set(peak)
            job.note(inference_seconds=round(seconds, 3), gpu_peak_mb=peak // 2**20)
            return made

        image = self.worker.run(job, size, infer)
        job.note(
            pixels=image.width * image.height,
            steps=job.request.steps,
            format=job.request.format,
        )
        return image
