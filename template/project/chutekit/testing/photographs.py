"""Pictures to send in tests, as data URLs: real ones, or heads that promise more than there is."""

from __future__ import annotations

import base64
import struct
import zlib


def png(width: int = 2, height: int = 2) -> str:
    """A grey PNG; of a large one only the head is true."""
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = (b"\0" + b"\x80" * width) * height if width * height < 2**16 else b""
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    chunks = [
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in parts
    ]
    return url(b"\x89PNG\r\n\x1a\n" + b"".join(chunks), "image/png")


def url(content: bytes, kind: str) -> str:
    """The data URL of a file."""
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
