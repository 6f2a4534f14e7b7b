"""Pictures in files as cameras, editors and enemies make them."""

import base64
import io
import struct
import zlib
from typing import Any

from PIL import Image

ROTATED = 6


def saved(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    """The file of a picture."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def plain(size: tuple[int, int] = (96, 64), colour: str = "teal", kind: str = "PNG") -> bytes:
    """A picture of one colour."""
    return saved(Image.new("RGB", size, colour), kind)


def turned() -> bytes:
    """A photograph whose EXIF says that it was taken with the camera on its side."""
    exif = Image.Exif()
    exif[0x0112] = ROTATED
    return saved(Image.new("RGB", (96, 64), "teal"), "JPEG", exif=exif)


def odd() -> dict[str, bytes]:
    """What decodes, in another way than a plain picture does."""
    frames = [Image.new("RGB", (96, 64), colour) for colour in ("teal", "red")]
    moving: dict[str, Any] = {"save_all": True, "append_images": frames[1:]}
    return {
        "turned": turned(),
        "transparent": saved(Image.new("RGBA", (96, 64), (0, 0, 0, 0))),
        "grey and transparent": saved(Image.new("LA", (96, 64), (0, 0))),
        "of few colours": saved(Image.new("P", (96, 64)), transparency=0),
        "black and white": saved(Image.new("1", (96, 64), 1)),
        "of 16 bits": saved(Image.new("I;16", (96, 64), 0x8000)),
        "for printing": saved(Image.new("CMYK", (96, 64), (255, 0, 0, 0)), "JPEG"),
        "moving": saved(frames[0], **moving),
        "moving WebP": saved(frames[0], "WEBP", **moving),
    }


def bomb(width: int = 60_000, height: int = 60_000) -> bytes:
    """A PNG whose head says how large it is, and that has hardly anything besides."""
    content = b"\x89PNG\r\n\x1a\n"
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    for name, data in ((b"IHDR", head), (b"IDAT", zlib.compress(b"\0" * 1000)), (b"IEND", b"")):
        checksum = struct.pack(">I", zlib.crc32(name + data))
        content += struct.pack(">I", len(data)) + name + data + checksum
    return content


def refused() -> dict[str, bytes]:
    """What is no picture, or none that may pass."""
    whole = saved(Image.effect_noise((96, 64), 50))
    return {
        "a bomb": bomb(),
        "a long bomb": bomb(2**31 - 1, 64),
        "half a picture": whole[: len(whole) // 2],
        "half a photograph": saved(Image.effect_noise((96, 64), 50), "JPEG")[:900],
        "its head alone": whole[:33],
        "nothing": b"",
        "a GIF": plain(kind="GIF"),
        "a TIFF": plain(kind="TIFF"),
        "a text": b"hello",
        "another kind inside": b"\x89PNG\r\n\x1a\n" + plain(kind="JPEG"),
        "a tiny one": plain((63, 64)),
        "a long one": plain((64, 513)),
    }


def base64_of(content: bytes) -> str:
    """A file as requests carry it."""
    return base64.b64encode(content).decode()
