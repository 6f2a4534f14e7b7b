"""From a valid request to a transcript: start-up of the model, windows, the answer."""

import asyncio
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from typing import Any

from prometheus_client import Counter

from chutekit.models import gpu, loading
from chutekit.models.loading import Source
from chutekit.models.worker import Worker
from chutekit.serving import usage
from chutekit.serving.contract import Job
from chutekit.serving.errors import invalid
from chutekit.serving.instance import Instance
from chutekit.serving.lifecycle import StartupError, step
from chutekit.serving.recall import Recall, remembered
from chutekit.speech import said
from chutekit.speech.rounds import Rounds
from chutekit.speech.said import Heard, Segment, Transcript, Wish, Word
from chutekit.speech.sounds import RATE, WINDOW_SECONDS, Recording, Window

HEARD_SECONDS = Counter("speech_heard_seconds", "Seconds of sound written down, silence included.")

#: Windows heard at once.
AT_ONCE = 16
#: Windows of one request that were decoded and wait: 1.9 MB each.
AHEAD = 16


class Transcriber:
    """A loaded model of speech, its turns on the GPU, and what remembers its transcripts."""

    def __init__(
        self,
        instance: Instance,
        model: Any,
        backend_name: str,
        most_seconds: float,
        recall: Recall | None = None,
    ) -> None:
        self.backend = backend_name
        self.most_seconds = most_seconds
        self.recall = recall
        self.worker = Worker(
            instance,
            instance.request_seconds,
            slow="send a shorter recording",
            large="send a shorter recording",
        )
        self.rounds = Rounds(model, self.worker, AT_ONCE)

    @classmethod
    async def open(
        cls,
        instance: Instance,
        model_class: type[Any],
        *,
        model: str,
        revision: str,
        files: Sequence[str],
        listed: str,
        gated: bool,
        dtype: str,
        most_seconds: float,
        recall: Recall | None = None,
    ) -> "Transcriber":
        """Fetch and load the model and have it hear as much at once as it ever will.

        `files` are patterns of paths in the model's repository; `listed` are its large files, a
        line `SHA-256 BYTES PATH` each; a recording is at most `most_seconds` long. StartupError
        when any of it fails.
        """
        usage.accepts(model_class.hear, "hear", "self", "windows", "wishes", "on_step")
        source = Source(model, revision, files, listed, gated)
        loaded, real = await loading.loaded(model_class, source, dtype)
        name = "transformers" if real else "stub"
        transcriber = cls(instance, loaded, name, most_seconds, recall)
        with step("warm-up"):
            await asyncio.to_thread(transcriber.try_out)
        return transcriber

    def try_out(self) -> None:
        """Hear a hum in as many windows as at most: if memory does not suffice, nothing starts."""
        import numpy

        hum = (numpy.sin(numpy.arange(WINDOW_SECONDS * RATE) / 20) / 10).astype(numpy.float32)
        wish = Wish("en", "transcribe", "word")
        heard = self.rounds.model.hear([hum] * AT_ONCE, [wish] * AT_ONCE, lambda: None)
        if len(heard) != AT_ONCE or not all(isinstance(each, Heard) for each in heard):
            raise StartupError("the model did not say what it heard in each window")
        gpu.take_peak_bytes()

    def transcript(self, job: Job[Any]) -> bytes:
        """The answer, as JSON; blocks until the GPU has heard all of it.

        One that is remembered takes none. Reads audio_b64, language, task and timestamps of the
        request. Refusal as `Worker.run`, and for a recording that is damaged or too long.
        """
        return remembered(
            self.recall, job, lambda: self._transcript(job).model_dump_json().encode()
        )

    def _transcript(self, job: Job[Any]) -> Transcript:
        request = job.request
        if request.language not in {None, *self.rounds.model.languages}:
            raise invalid("language", "must be another one: the model does not know this one")
        recording = Recording(request.audio_b64, self.most_seconds, self.worker.looking(job))
        found: list[Segment] = []
        language: str | None = None
        waiting: deque[tuple[Window, Future[Heard]]] = deque()

        def collect() -> None:
            nonlocal language
            window, future = waiting.popleft()
            heard = self.worker.result(job, future)
            if heard.segments:
                language = language or heard.language
                found.extend(shifted(each, window.start) for each in heard.segments)

        windows = 0
        try:
            for window in recording.windows():
                if window.silent:
                    continue
                windows += 1
                # Whichever language is heard first is that of the rest.
                wish = Wish(request.language or language, request.task, request.timestamps)
                waiting.append((window, self.rounds.submit(job, window.samples, wish)))
                while waiting and (wish.language is None or len(waiting) >= AHEAD):
                    collect()
            while waiting:
                collect()
        except BaseException:
            # What was decoded ahead is not heard for nobody.
            job.cancelled = True
            raise
        HEARD_SECONDS.inc(recording.seconds)
        job.note(
            audio_seconds=round(recording.seconds, 1),
            windows=windows,
            kind=recording.file.kind,
            timestamps=request.timestamps,
        )
        return said.transcript(found, language, recording.seconds, request.timestamps)


def shifted(segment: Segment, start: float) -> Segment:
    """A segment of a window that begins at `start`, in the time of the recording."""
    words = [Word(word.text, word.start + start, word.end + start) for word in segment.words]
    return Segment(segment.text, segment.start + start, segment.end + start, words)
