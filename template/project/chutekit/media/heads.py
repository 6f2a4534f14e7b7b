"""What the head of a picture says of it: its kind and its size, before anything unfolds it.

Read here and not by Pillow, which on its way to the size unfolds texts and colour profiles and asks
the decoder of WebP for the memory of the whole picture. Where a file says two things, so that two
readers could see two sizes, it is damaged.
"""

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass

#: The parts of a file that are passed over until the size is known; ordinary files have some ten.
MOST_PARTS = 2000
#: How often a JPEG may be drawn over: each time is a pass over all of it; ordinary ones have ten.
MOST_SCANS = 64
DAMAGED = "is damaged: its size cannot be read"
# Of the markers of JPEG that begin a frame these three are none.
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


@dataclass(frozen=True)
class Head:
    """A picture by its head."""

    kind: str
    width: int
    height: int


def read(content: bytes) -> Head | None:
    """The head of a PNG, JPEG, WebP or GIF, None for anything else; ValueError when damaged."""
    for kind, (magics, size) in _KINDS.items():
        if all(content.startswith(magic, offset) for offset, magic in magics):
            try:
                width, height = size(content)
            except (struct.error, IndexError):
                raise ValueError(DAMAGED) from None
            if not width or not height:
                raise ValueError(DAMAGED)
            return Head(kind, width, height)
    return None


def _png(content: bytes) -> tuple[int, int]:
    at, size = 8, (0, 0)
    for place in range(MOST_PARTS):
        length, name = struct.unpack_from(">I4s", content, at)
        if (name == b"IHDR") != (place == 0):
            break
        if name == b"IHDR":
            width, height = struct.unpack_from(">II", content, at + 8)
            size = width, height
        if name == b"IDAT":
            return size
        at += 12 + length
    raise ValueError(DAMAGED)


def _jpeg(content: bytes) -> tuple[int, int]:
    if content.count(b"\xff\xda") > MOST_SCANS:
        raise ValueError(f"is drawn over more than {MOST_SCANS} times")
    at, size = 2, (0, 0)
    for _ in range(MOST_PARTS):
        mark, name, length = struct.unpack_from(">BBH", content, at)
        if name == mark == 0xFF:  # Bytes between two parts.
            at += 1
            continue
        if name == 0xDA and size[0]:
            return size
        if mark != 0xFF or not 0xC0 <= name <= 0xFE or 0xD0 <= name <= 0xDA or length < 2:
            break
        if name in _FRAMES:
            if size[0]:
                break
            height, width = struct.unpack_from(">HH", content, at + 5)
            size = width, height
        at += 2 + length
    raise ValueError(DAMAGED)


def _webp(content: bytes) -> tuple[int, int]:
    name = content[12:16]
    if name == b"VP8X":
        across, down = content[24:27], content[27:30]
        if len(down) == 3:
            return int.from_bytes(across, "little") + 1, int.from_bytes(down, "little") + 1
    elif name == b"VP8L" and content[20] == 0x2F:
        (bits,) = struct.unpack_from("<I", content, 21)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    elif name == b"VP8 " and content[23:26] == b"\x9d\x01\x2a":
        width, height = struct.unpack_from("<HH", content, 26)
        return width & 0x3FFF, height & 0x3FFF
    raise ValueError(DAMAGED)


def _gif(content: bytes) -> tuple[int, int]:
    """The screen, or the first picture where that reaches beyond it."""
    width, height, flags = struct.unpack_from("<HHB", content, 6)
    at = 13 + (3 << (flags & 7) + 1 if flags & 0x80 else 0)
    inside = False
    for _ in range(MOST_PARTS):
        if inside:  # A row of blocks, each with its length before it, the last one empty.
            inside = bool(content[at])
            at += 1 + content[at]
        elif content[at] == 0x21:
            at, inside = at + 2, True
        elif content[at] == 0x2C:
            left, top, across, down = struct.unpack_from("<HHHH", content, at + 1)
            return max(width, left + across), max(height, top + down)
        else:
            break
    raise ValueError(DAMAGED)


_KINDS: Mapping[str, tuple[tuple[tuple[int, bytes], ...], Callable[[bytes], tuple[int, int]]]] = {
    "image/png": (((0, b"\x89PNG\r\n\x1a\n"),), _png),
    "image/jpeg": (((0, b"\xff\xd8\xff"),), _jpeg),
    "image/webp": (((0, b"RIFF"), (8, b"WEBP")), _webp),
    "image/gif": (((0, b"GIF8"),), _gif),
}
KINDS = tuple(_KINDS)
