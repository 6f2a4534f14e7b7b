"""Sound of many formats as samples for a model of speech, a window at a time, in bounded memory.

FFmpeg reads it by PyAV, in this process and from memory. It is told which format a file has, by its
first bytes, and may use no other format, decoder or protocol than those named here: it knows
hundreds, some of which open further files or unfold a few bytes to gigabytes.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chutekit.media import kinds
from chutekit.media.files import MEGA, File, carried
from chutekit.models.worker import OnStep
from chutekit.serving.errors import Refusal, invalid

if TYPE_CHECKING:
    import numpy

    Samples = numpy.ndarray[Any, numpy.dtype[numpy.float32]]

#: Samples per second, and seconds of a window, that Whisper was trained on.
RATE = 16_000
WINDOW_SECONDS = 30
#: A cut is made where it is quietest, at the earliest here.
EARLIEST_CUT_SECONDS = 20
#: Quieter than this share of full scale (-60 dB) throughout is silence.
SILENCE = 1e-3
# How long a pause must be that a cut falls into, and in which steps one is looked for.
_STEP = RATE // 50
_PAUSE_STEPS = 10
# FFmpeg's names of the formats, by what the first bytes tell.
_FORMATS = {
    "audio/wav": "wav",
    "audio/mpeg": "mp3",
    "audio/flac": "flac",
    "audio/ogg": "ogg",
    "audio/mp4": "mov",
    "audio/webm": "matroska",
    "audio/aac": "aac",
    "audio/aiff": "aiff",
    "audio/basic": "au",
    "audio/x-caf": "caf",
}
# Not alac: its decoder takes whatever memory a file asks for (up to 1.5 GB, libavcodec/alac.c).
_DECODERS = frozenset(
    {
        "mp3float",
        "mp3",
        "flac",
        "vorbis",
        "opus",
        "libopus",
        "libvorbis",
        "aac",
        "adpcm_ms",
        "adpcm_ima_wav",
        "pcm_alaw",
        "pcm_mulaw",
        "pcm_u8",
        "pcm_s8",
        "pcm_s16le",
        "pcm_s16be",
        "pcm_s24le",
        "pcm_s24be",
        "pcm_s32le",
        "pcm_s32be",
        "pcm_f32le",
        "pcm_f32be",
        "pcm_f64le",
        "pcm_f64be",
    }
)
# Those whose heads say how long they are; of the others FFmpeg guesses from the size.
_SAY_HOW_LONG = frozenset(_FORMATS) - {"audio/mpeg", "audio/aac"}
#: Parts of a file that are passed over because they cannot be read.
MOST_DAMAGED = 100
MOST_CHANNELS = 8
MOST_RATE = 384_000
DAMAGED = "is damaged, or no sound that can be read here"


def recording(megabytes: float) -> Any:
    """The type of a field for sound in base64, which `Recording` reads."""
    return carried(int(megabytes * MEGA), kinds.RECORDINGS, File)


@dataclass(frozen=True)
class Window:
    """A part of a recording, and where in it, in seconds."""

    start: float
    samples: "Samples"

    @property
    def seconds(self) -> float:
        """How long it is."""
        return len(self.samples) / RATE

    @property
    def silent(self) -> bool:
        """Whether nothing is to be heard in it."""
        return bool(abs(self.samples).max(initial=0.0) < SILENCE)


class Recording:
    """A file of sound that is at most `most_seconds` long, which shows when it is read."""

    def __init__(self, file: File, most_seconds: float, on_step: OnStep = lambda: None) -> None:
        self.file = file
        self.most_seconds = most_seconds
        self.on_step = on_step
        self.samples = 0

    @property
    def seconds(self) -> float:
        """How much of it was read."""
        return self.samples / RATE

    def windows(self) -> Iterator[Window]:
        """All of it, in order, in parts of at most 30 s; Refusal where it is damaged or too long.

        `on_step` is called again and again, and ends it by raising.
        """
        import numpy

        blocks: list[Samples] = []
        held = start = 0
        most = WINDOW_SECONDS * RATE
        for block in self._blocks():
            blocks.append(block)
            held += len(block)
            while held > most:
                samples = numpy.concatenate(blocks)
                cut = quietest(samples[:most])
                yield Window(start / RATE, samples[:cut])
                start += cut
                blocks, held = [samples[cut:]], held - cut
        if held:
            yield Window(start / RATE, numpy.concatenate(blocks))
        elif not start:
            raise self._wrong("is empty: there is no sound in it")

    def _blocks(self) -> Iterator["Samples"]:
        """One channel at `RATE`, between -1 and 1, as it is decoded."""
        import numpy

        for block in self._decoded():
            self.on_step()
            self.samples += len(block)
            if self.seconds > self.most_seconds:
                raise self._too_long()
            # A file of floats may say anything, and one value that is none spoils a whole window.
            yield numpy.clip(numpy.nan_to_num(block, nan=0.0), -1.0, 1.0)

    def _decoded(self) -> Iterator["Samples"]:
        import av

        options = {
            "codec_whitelist": ",".join(sorted(_DECODERS)),
            "format_whitelist": ",".join(sorted(_FORMATS.values())) + ",mov,mp4,m4a,3gp,webm",
            "protocol_whitelist": "none",
        }
        try:
            with av.open(
                io.BytesIO(self.file.content),
                format=_FORMATS[self.file.kind],
                options=options,
                metadata_errors="ignore",
            ) as container:
                yield from self._resampled(container)
        except (av.FFmpegError, ValueError, EOFError, MemoryError):
            raise self._wrong(DAMAGED) from None

    def _resampled(self, container: Any) -> Iterator["Samples"]:
        import av

        stream = next(iter(container.streams.audio), None)
        if stream is None:
            raise self._wrong("has no sound in it")
        context = stream.codec_context
        if context is None or context.name not in _DECODERS:
            raise self._wrong("is coded in a way that is not read here")
        context.thread_count = 1
        declared = _declared_seconds(container, stream)
        if self.file.kind in _SAY_HOW_LONG and declared > self.most_seconds:
            raise self._too_long()
        resampler: Any = None
        shape: tuple[Any, ...] = ()
        for frame in self._frames(container, stream):
            found = frame.format.name, frame.layout.name, frame.sample_rate
            if resampler is None or found != shape:
                if resampler is not None:
                    yield from _arrays(resampler.resample(None))
                if (
                    not 0 < frame.sample_rate <= MOST_RATE
                    or frame.layout.nb_channels > MOST_CHANNELS
                ):
                    raise self._wrong(
                        f"must have at most {MOST_CHANNELS} channels and {MOST_RATE} samples per "
                        "second"
                    )
                resampler, shape = av.AudioResampler("flt", "mono", RATE), found
            # Times that a file makes up would have the resampler fill what lies between them.
            frame.pts = None
            yield from _arrays(resampler.resample(frame))
        if resampler is not None:
            yield from _arrays(resampler.resample(None))

    def _frames(self, container: Any, stream: Any) -> Iterator[Any]:
        """What can be decoded; a little that cannot is passed over, as players do."""
        import av

        damaged, right = 0, False
        packets = container.demux(stream)
        while True:
            self.on_step()
            try:
                packet = next(packets, None)
                if packet is None:
                    break
                for frame in packet.decode():
                    right = True
                    yield frame
            except av.FFmpegError:
                damaged += 1
                if damaged > MOST_DAMAGED:
                    raise
        if damaged and not right:
            raise self._wrong(DAMAGED)

    def _too_long(self) -> Refusal:
        return self._wrong(f"must be at most {self.most_seconds:g} s long")

    def _wrong(self, message: str) -> Refusal:
        return invalid(self.file.field, message)


def quietest(samples: "Samples") -> int:
    """Where to cut a full window so that no word is cut: in the quietest pause of its last third.

    Of several that are equally quiet in the last one.
    """
    import numpy

    tail = samples[EARLIEST_CUT_SECONDS * RATE :]
    steps = tail[: len(tail) // _STEP * _STEP].reshape(-1, _STEP)
    loudness = numpy.convolve((steps**2).mean(axis=1), numpy.ones(_PAUSE_STEPS), mode="valid")
    last = len(loudness) - 1 - int(numpy.argmin(loudness[::-1]))
    return EARLIEST_CUT_SECONDS * RATE + (last + _PAUSE_STEPS // 2) * _STEP


def _declared_seconds(container: Any, stream: Any) -> float:
    """How long a file says that it is; 0 when it does not."""
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return float(container.duration or 0) / 1_000_000


def _arrays(frames: Any) -> Iterator["Samples"]:
    for frame in frames:
        yield frame.to_ndarray()[0]
