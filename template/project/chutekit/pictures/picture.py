"""Pictures as bytes, with their seed inside: the platform drops every header but the media type."""

import io
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from PIL.Image import Image

Format = Literal["png", "jpeg", "webp"]

QUALITY = 90
EXIF_IMAGE_DESCRIPTION = 0x010E


def black(image: "Image") -> bool:
    """Whether all of it is black, as is what becomes of numbers that are none: no model paints so,
    but a broken one does, and some safety checkers do."""
    return image.convert("RGB").getbbox() is None


def encode(image: "Image", kind: Format, seed: int) -> bytes:
    """The file: a PNG says `seed` in a text chunk, the others in EXIF's ImageDescription."""
    from PIL.Image import Exif
    from PIL.PngImagePlugin import PngInfo

    buffer = io.BytesIO()
    if kind == "png":
        text = PngInfo()
        text.add_text("seed", str(seed))
        image.save(buffer, "PNG", pnginfo=text, compress_level=4)
    else:
        exif = Exif()
        exif[EXIF_IMAGE_DESCRIPTION] = f"seed={seed}"
        image.convert("RGB").save(buffer, kind.upper(), quality=QUALITY, exif=exif)
    return buffer.getvalue()
