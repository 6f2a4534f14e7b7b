"""What a file is, told by its first bytes: what its sender calls it is no evidence."""

PICTURES = ("image/jpeg", "image/png", "image/webp", "image/gif", "image/bmp", "image/tiff")
SOUNDS = ("audio/wav", "audio/mpeg", "audio/flac", "audio/ogg", "audio/mp4", "audio/webm")
#: Besides these, what PyAV reads and libsndfile does not, or what recorders and old tools write.
RECORDINGS = (*SOUNDS, "audio/aac", "audio/aiff", "audio/basic", "audio/x-caf")
DOCUMENTS = ("application/pdf",)
# Short names for messages, where the last part of the media type is not what people say.
NAMES = {
    "audio/mpeg": "MP3",
    "audio/mp4": "M4A",
    "audio/basic": "AU",
    "audio/x-caf": "CAF",
    "image/tiff": "TIFF",
}
# Offset and bytes; all of a kind must be there.
_MAGIC: tuple[tuple[str, tuple[tuple[int, bytes], ...]], ...] = (
    ("image/jpeg", ((0, b"\xff\xd8\xff"),)),
    ("image/png", ((0, b"\x89PNG\r\n\x1a\n"),)),
    ("image/gif", ((0, b"GIF8"),)),
    ("image/bmp", ((0, b"BM"),)),
    ("image/tiff", ((0, b"II*\x00"),)),
    ("image/tiff", ((0, b"MM\x00*"),)),
    ("image/webp", ((0, b"RIFF"), (8, b"WEBP"))),
    ("audio/wav", ((0, b"RIFF"), (8, b"WAVE"))),
    ("audio/flac", ((0, b"fLaC"),)),
    ("audio/ogg", ((0, b"OggS"),)),
    ("audio/mpeg", ((0, b"ID3"),)),
    ("audio/mp4", ((4, b"ftyp"),)),
    ("audio/webm", ((0, b"\x1aE\xdf\xa3"),)),
    ("audio/wav", ((0, b"RF64"), (8, b"WAVE"))),
    ("audio/aiff", ((0, b"FORM"), (8, b"AIF"))),
    ("audio/basic", ((0, b".snd"),)),
    ("audio/x-caf", ((0, b"caff"),)),
    ("application/pdf", ((0, b"%PDF-"),)),
)


def kind(content: bytes) -> str:
    """The media type of a file; empty when it is none of those known here."""
    for name, parts in _MAGIC:
        if all(content.startswith(magic, offset) for offset, magic in parts):
            return name
    # A frame of MPEG audio without tags before it: eleven bits, then layer III.
    if len(content) > 1 and content[0] == 0xFF and content[1] & 0xE6 == 0xE2:
        return "audio/mpeg"
    # And one of AAC in ADTS: twelve bits, a version, layer 0.
    if len(content) > 1 and content[0] == 0xFF and content[1] & 0xF6 == 0xF0:
        return "audio/aac"
    return ""


def names(kinds: tuple[str, ...]) -> str:
    """Kinds as people call them, in one phrase."""
    called = [NAMES.get(each, each.partition("/")[2].upper()) for each in kinds]
    return called[0] if len(called) == 1 else f"{', '.join(called[:-1])} or {called[-1]}"


def one_of(content: bytes, allowed: tuple[str, ...]) -> str:
    """The media type of a file; ValueError, written for the client, when it is none of these."""
    found = kind(content)
    if found not in allowed:
        raise ValueError(f"must be {names(allowed)}, by its first bytes")
    return found
