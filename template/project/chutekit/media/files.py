"""A file that comes in a field, and of its kinds the picture: bounded before it is unfolded."""

import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import PlainSerializer, PlainValidator, ValidationInfo, WithJsonSchema

from chutekit.media import encoded, heads, kinds
from chutekit.serving.errors import invalid

if TYPE_CHECKING:
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
        """The first frame, in RGB and the right way up; Refusal when the file is damaged.

        Where one sees through it, it lies on white.
        """
        from PIL import Image, ImageOps

        try:
            with Image.open(io.BytesIO(self.content), formats=_FORMATS) as image:
                if image.width * image.height != self.width * self.height:
                    raise ValueError
                return _flat(ImageOps.exif_transpose(image))
        except MemoryError:
            raise
        # A decoder that reads a stranger's file fails in ways that nobody has listed.
        except Exception:
            raise invalid(self.field, "is damaged: it cannot be read to its end") from None


def picture(megabytes: float, megapixels: float, *allowed: str) -> Any:
    """The type of a field for a picture in base64; its value is a `Picture`.

    `allowed` are media types of `kinds.PICTURES`; none means all of them.
    """

    def read(content: bytes, kind: str, name: str) -> Picture:
        width, height = heads.size(content, kind, megapixels * MEGA)
        return Picture(content, kind, name, width, height)

    return carried(int(megabytes * MEGA), allowed or kinds.PICTURES, read)


def carried(largest: int, allowed: tuple[str, ...], read: Callable[[bytes, str, str], File]) -> Any:
    """The type of a field for a file in base64 of at most `largest` bytes.

    `allowed` are media types, none means any; `read` makes the value of the field of its bytes,
    its media type and the field's name.
    """

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


def _flat(image: "Image") -> "Image":
    """A picture in RGB: on white what is transparent, and of 16 bits the upper 8."""
    from PIL import Image

    if image.mode.startswith("I"):
        image = image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    if not image.has_transparency_data:
        return image.convert("RGB")
    above = image.convert("RGBA")
    white = Image.new("RGBA", above.size, "white")
    white.alpha_composite(above)
    return white.convert("RGB")
