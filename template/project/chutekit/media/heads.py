"""How large a picture is, as its head says: read before anything unfolds it.

Read here and not by Pillow, which on its way to the size unfolds texts and colour profiles and asks
the decoder of WebP for the memory of the whole picture; engines' images need not have it either.
Where a file says two things, so that two readers could see two sizes, it is damaged.
"""

import re
import struct
from collections.abc import Callable, Mapping

#: The parts of a file that are passed over until the size is known; ordinary files have some ten.
MOST_PARTS = 2000
#: Pieces that the pixels of a PNG come in; ordinary ones of 8 MB have a thousand.
MOST_PIECES = 20_000
#: How often a JPEG may be drawn over: each time is a pass over all of it; ordinary ones have ten.
MOST_SCANS = 64
DAMAGED = "is damaged: its size cannot be read"
# Of the markers of JPEG that begin a frame these three are none.
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
# What ends the pixels of a scan: any marker but those that stand between them.
_NEXT = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_END = 0xD9
_PIXELS = (b"IDAT", b"DDAT", b"fdAT")
# What Pillow takes for the name of a part of a PNG.
_NAME = re.compile(rb"\w{4}", re.ASCII)
# The tags of TIFF for width and height, and the types of number they may have.
_SIDES, _SHORT, _LONG = (256, 257), 3, 4


def size(content: bytes, kind: str, pixels: float) -> tuple[int, int]:
    """Width and height of a picture of at most so many pixels.

    `kind` is one of `kinds.PICTURES`, by its first bytes. ValueError, written for the client, for
    one that is damaged or larger.
    """
    try:
        width, height = _READERS[kind](content)
    except (struct.error, IndexError):
        raise ValueError(DAMAGED) from None
    if width < 1 or height < 1:
        raise ValueError(DAMAGED)
    if width * height > pixels:
        raise ValueError(f"must have at most {pixels:.0f} pixels, and has {width} by {height}")
    if kind == "image/png":
        _follow_pixels(content)
    return width, height


def _png(content: bytes) -> tuple[int, int]:
    at, found = 8, (0, 0)
    for place in range(MOST_PARTS):
        length, name = struct.unpack_from(">I4s", content, at)
        if (name == b"IHDR") != (place == 0):
            break
        if name == b"IHDR":
            width, height = struct.unpack_from(">II", content, at + 8)
            found = width, height
        if name == b"IDAT":
            return found
        at += 12 + length
    raise ValueError(DAMAGED)


def _follow_pixels(content: bytes) -> None:
    """ValueError where a PNG's pixels are followed by no part that has a name.

    Pillow comes upon it when it unfolds them, and dies of a SyntaxError that no engine expects.
    """
    at, inside = 8, False
    for _ in range(MOST_PARTS + MOST_PIECES):
        if at + 8 > len(content):
            break
        length, name = struct.unpack_from(">I4s", content, at)
        if name in _PIXELS:
            inside = True
        elif inside:
            if _NAME.fullmatch(name):
                return
            break
        at += 12 + length
    raise ValueError("is damaged: its pixels do not end")


def _jpeg(content: bytes) -> tuple[int, int]:
    at, found, scans = 2, (0, 0), 0
    for _ in range(MOST_PARTS):
        if scans:
            ended = _NEXT.search(content, at)
            if ended is None or content[ended.start() + 1] == _END:
                return found
            at = ended.start()
        mark, name, length = struct.unpack_from(">BBH", content, at)
        if name == mark == 0xFF:  # Bytes between two parts.
            at += 1
            continue
        if mark != 0xFF or not 0xC0 <= name <= 0xFE or 0xD0 <= name <= _END or length < 2:
            break
        if name in _FRAMES:
            if found[0]:
                break
            height, width = struct.unpack_from(">HH", content, at + 5)
            found = width, height
        if name == 0xDA:
            if not found[0]:
                break
            scans += 1
            if scans > MOST_SCANS:
                raise ValueError(f"is drawn over more than {MOST_SCANS} times")
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


def _bmp(content: bytes) -> tuple[int, int]:
    """The oldest kind of head is 12 bytes long; a negative height is drawn from above."""
    (length,) = struct.unpack_from("<I", content, 14)
    width, height = struct.unpack_from("<HH" if length == 12 else "<ii", content, 18)
    return width, abs(height)


def _tiff(content: bytes) -> tuple[int, int]:
    """The first page."""
    order = "<" if content[:2] == b"II" else ">"
    (at,) = struct.unpack_from(f"{order}I", content, 4)
    (count,) = struct.unpack_from(f"{order}H", content, at)
    found: dict[int, int] = {}
    for entry in range(at + 2, at + 2 + 12 * min(count, MOST_PARTS), 12):
        tag, number, many = struct.unpack_from(f"{order}HHI", content, entry)
        if tag not in _SIDES:
            continue
        if tag in found or many != 1 or number not in (_SHORT, _LONG):
            break
        wide = "H" if number == _SHORT else "I"
        (found[tag],) = struct.unpack_from(f"{order}{wide}", content, entry + 8)
    else:
        if len(found) == len(_SIDES):
            return found[_SIDES[0]], found[_SIDES[1]]
    raise ValueError(DAMAGED)


_READERS: Mapping[str, Callable[[bytes], tuple[int, int]]] = {
    "image/jpeg": _jpeg,
    "image/png": _png,
    "image/webp": _webp,
    "image/gif": _gif,
    "image/bmp": _bmp,
    "image/tiff": _tiff,
}
