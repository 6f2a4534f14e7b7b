"""Types of fields that carry a file, `picture`, `sound` and `document`, and what comes of them.

from chutekit.media import fields

image_b64: fields.picture(megabytes=8, megapixels=20) = Field(description="...")

By way of the module: a field that is called `picture` itself would hide the function.
"""

import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import PlainSerializer, PlainValidator, ValidationInfo, WithJsonSchema

from chutekit.media import encoded, heads, kinds
from chutekit.serving.errors import invalid

if TYPE_CHECKING:
    import numpy
    from PIL.Image import Image

MEGA = 1_000_000
# Pillow knows dozens more, which nobody sends and somebody might abuse.
_FORMATS = [kind.partition("/")[2].upper() for kind in kinds.PICTURES]


@dataclass(frozen=True)
class File:
    """A file that came in a field: its bytes, and its media type as far as the bytes tell."""

    content: bytes = field(repr=False)
    kind: str
    field: str

    @property
    def digest(self) -> str:
        """What tells it from any other."""
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True)
class Picture(File):
    """A picture whose size was read from its head and is within bounds."""

    width: int
    height: int

    def open(self) -> "Image":
        """The first frame, in RGB and the right way up; Refusal when the file is damaged."""
        from PIL import Image, ImageOps

        try:
            with Image.open(io.BytesIO(self.content), formats=_FORMATS) as image:
                if image.width * image.height != self.width * self.height:
                    raise ValueError
                return ImageOps.exif_transpose(image).convert("RGB")
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
            raise invalid(self.field, "is damaged: it cannot be read to its end") from None


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


def picture(megabytes: float, megapixels: float) -> Any:
    """The type of a field for a picture in base64; its value is a `Picture`."""

    def read(content: bytes, kind: str, name: str) -> Picture:
        width, height = heads.size(content, kind, megapixels * MEGA)
        return Picture(content, kind, name, width, height)

    return _field(int(megabytes * MEGA), kinds.PICTURES, read)


def sound(megabytes: float, seconds: float) -> Any:
    """The type of a field for sound in base64; its value is a `Sound`."""
    return _field(
        int(megabytes * MEGA),
        kinds.SOUNDS,
        lambda content, kind, name: Sound(content, kind, name, seconds),
    )


def document(megabytes: float, *allowed: str) -> Any:
    """The type of a field for a file in base64, of the media types `allowed` or of any."""
    return _field(int(megabytes * MEGA), allowed, File)


def _field(largest: int, allowed: tuple[str, ...], read: Callable[[bytes, str, str], File]) -> Any:
    def validate(given: object, info: ValidationInfo) -> File:
        if isinstance(given, File):
            return given
        content = encoded.decoded(given, largest)
        kind = kinds.one_of(content, allowed) if allowed else kinds.kind(content)
        return read(content, kind, encoded.field(info))

    return Annotated[
        File,
        PlainValidator(validate),
        # A request is told from another by what it brings; nobody wants the file again.
        PlainSerializer(lambda file: file.digest, return_type=str),
        WithJsonSchema(
            {
                "type": "string",
                "contentEncoding": "base64",
                **({"contentMediaType": allowed[0]} if len(allowed) == 1 else {}),
                "minLength": 4,
                "maxLength": encoded.characters(largest),
            }
        ),
    ]
