"""Files of sound as programs write them, and as nobody should."""

import io
import struct
import wave
from fractions import Fraction
from typing import Any

import av
import numpy

#: Containers and codecs by what the file is told for: how PyAV calls them, and a rate they take.
FORMATS: dict[str, tuple[str, str, int]] = {
    "wav": ("wav", "pcm_s16le", 44_100),
    "mp3": ("mp3", "libmp3lame", 44_100),
    "flac": ("flac", "flac", 96_000),
    "ogg opus": ("ogg", "libopus", 48_000),
    "ogg vorbis": ("ogg", "vorbis", 44_100),
    "m4a": ("ipod", "aac", 44_100),
    "webm": ("webm", "libopus", 48_000),
    "aac": ("adts", "aac", 22_050),
    "aiff": ("aiff", "pcm_s16be", 44_100),
    "au": ("au", "pcm_s16be", 8_000),
    "caf": ("caf", "pcm_s16le", 44_100),
}


def hum(seconds: float, rate: int) -> Any:
    """A tone of 100 Hz, as loud as speech."""
    return (0.3 * numpy.sin(numpy.arange(int(rate * seconds)) * (200 * numpy.pi / rate))).astype(
        numpy.float32
    )


def encoded(
    container: str, codec: str, rate: int, seconds: float = 2.0, layout: str = "stereo"
) -> bytes:
    """A tone as a file."""
    out = io.BytesIO()
    with av.open(out, "w", format=container) as file:
        stream: Any = file.add_stream(codec, rate=rate, layout=layout)
        stream.codec_context.options = {"strict": "-2"}
        frame: Any = av.AudioFrame.from_ndarray(hum(seconds, rate)[None], "flt", "mono")
        frame.sample_rate = rate
        resampler: Any = av.AudioResampler(stream.codec_context.format.name, layout, rate)
        waiting: Any = av.AudioFifo()
        for each in [*resampler.resample(frame), *resampler.resample(None)]:
            each.pts = None
            waiting.write(each)
        size, at = stream.codec_context.frame_size or 1024, 0
        while part := waiting.read(size) or waiting.read(size, partial=True):
            part.pts, part.time_base = at, Fraction(1, rate)
            at += part.samples
            file.mux(stream.encode(part))
        file.mux(stream.encode(None))
    return out.getvalue()


def wav(seconds: float, rate: int = 1000, *, level: int = 0x20) -> bytes:
    """A hum of 8 bits, `level` from silence; a small file even of hours."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(rate)
        file.writeframes(bytes((128 + level, 128 - level)) * int(seconds * rate / 2))
    return out.getvalue()


def floats(*values: float, rate: int = 1000) -> bytes:
    """A WAV of 32-bit floats: any at all, and each for a tenth of a second."""
    data = b"".join(struct.pack("<f", value) * (rate // 10) for value in values)
    head = struct.pack("<HHIIHH", 3, 1, rate, 4 * rate, 4, 32)
    body = b"WAVEfmt " + struct.pack("<I", len(head)) + head
    body += b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body


def bomb(seconds: float) -> bytes:
    """A FLAC that unfolds by a factor of some thousand: eight channels of silence."""
    rate, block = 192_000, 65_535
    out = io.BytesIO()
    with av.open(out, "w", format="flac") as file:
        stream: Any = file.add_stream("flac", rate=rate, layout="7.1")
        stream.codec_context.options = {"frame_size": str(block)}
        at = 0
        silence = numpy.zeros((1, block * 8), numpy.int16)
        while at < seconds * rate:
            frame: Any = av.AudioFrame.from_ndarray(silence[:, : 4608 * 8], "s16", "7.1")
            frame.sample_rate, frame.pts = rate, at
            at += frame.samples
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return out.getvalue()
