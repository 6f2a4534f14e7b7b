"""Small files in base64, for the examples of requests and for tests."""

import base64
import io
import struct
import wave
import zlib

SIDE = 64
RATE = 16_000


def png(width: int = SIDE, height: int = SIDE) -> bytes:
    """A picture that changes from corner to corner; of a larger one only the head is true."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    rows = b"".join(
        b"\0" + bytes(value for x in range(min(width, SIDE)) for value in (4 * x, 4 * y, 128))
        for y in range(min(height, SIDE))
    )
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = chunk(b"IHDR", head), chunk(b"IDAT", zlib.compress(rows, 9)), chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def data_url(content: bytes, kind: str = "image/png") -> str:
    """A file as chats carry it."""
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def _wav() -> bytes:
    """Half a second of a rising and falling wave."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        cycle = [*range(-4000, 4000, 400), *range(4000, -4000, -400)]
        file.writeframes(struct.pack("<8000h", *(cycle * 200)))
    return buffer.getvalue()


# One empty page.
_PDF = b"""%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>endobj
xref
0 4
0000000000 65535 f 
0000000009 00000 n 
0000000052 00000 n 
0000000101 00000 n 
trailer<</Size 4/Root 1 0 R>>
startxref
163
%%EOF
"""

PNG, WAV, PDF = png(), _wav(), _PDF
PICTURE = base64.b64encode(PNG).decode()
SOUND = base64.b64encode(WAV).decode()
DOCUMENT = base64.b64encode(PDF).decode()
