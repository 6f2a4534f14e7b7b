"""Types of fields that carry a file, `picture`, `sound` and `document`, and what comes of them.

from chutekit.media import fields

image_b64: fields.picture(megabytes=8, megapixels=20) = Field(description="...")

By way of the module: a field that is called `picture` itself would hide the function.
"""

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chutekit.media import kinds
from chutekit.media.files import MEGA, carried
from chutekit.media.files import File as File
from chutekit.media.files import Picture as Picture
from chutekit.media.files import picture as picture
from chutekit.serving.errors import invalid

if TYPE_CHECKING:
    import numpy


@dataclass(frozen=True)
class Sound(File):
    """Speech or music; how long it is shows only when it is decoded."""

    seconds: float

    def samples(self) -> "tuple[numpy.ndarray[Any, Any], int]":
        """One channel of 32-bit floats and its rate; Refusal when it is too long or damaged.

        Reads no more than what is allowed, whatever the file promises. Needs soundfile.
        """
        import soundfile  # type: ignore[import-not-found,unused-ignore]

        try:
            with soundfile.SoundFile(io.BytesIO(self.content)) as file:
                most = int(self.seconds * file.samplerate)
                read = file.read(most + 1, dtype="float32", always_2d=True)
                rate = int(file.samplerate)
        except (RuntimeError, ValueError, OSError):
            raise invalid(self.field, "is damaged, or no sound that can be read here") from None
        if len(read) > most:
            raise invalid(self.field, f"must be at most {self.seconds:g} s long")
        return read.mean(axis=1), rate


def sound(megabytes: float, seconds: float) -> Any:
    """The type of a field for sound in base64; its value is a `Sound`."""
    return carried(
        int(megabytes * MEGA),
        kinds.SOUNDS,
        lambda content, kind, name: Sound(content, kind, name, seconds),
    )


def document(megabytes: float, *allowed: str) -> Any:
    """The type of a field for a file in base64, of the media types `allowed` or of any."""
    return carried(int(megabytes * MEGA), allowed, File)
