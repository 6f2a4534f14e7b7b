"""In place of soundfile, as far as prototypes write: 16-bit WAV."""

import wave


def write(file, samples, rate, format):
    """Write one channel."""
    assert format == "WAV"
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes((samples * 32767).astype("<i2").tobytes())
