"""Values for the examples of requests, as Python source and as text for a shell."""

import re
from collections.abc import Mapping
from typing import Any

# Samples of chutekit.media.samples by what a field's name says it holds.
_SAMPLES = (
    ("SOUND", re.compile(r"audio|sound|voice|speech|wav|mp3|music")),
    ("DOCUMENT", re.compile(r"pdf|doc|page")),
    ("PICTURE", re.compile(r"")),
)
KINDS = {"SOUND": "audio_b64", "DOCUMENT": "file_b64", "PICTURE": "image_b64"}
FILES = {"SOUND": "speech.wav", "DOCUMENT": "document.pdf", "PICTURE": "picture.png"}
_ENCODED = re.compile(r"(^|_)(b64s?|base64)(_|$)|(b64|base64)s?$", re.I)
# Tried one by one on a pattern that comes without an example.
_TRIED = (
    "an example",
    "example",
    "en",
    "en-US",
    "a",
    "1",
    "1024x1024",
    "16:9",
    "abc",
    "2026-01-01",
    "https://example.com/",
    "someone@example.com",
    "#000000",
    "0123456789",
    "A",
    "png",
)


class Sample(str):
    """The name of a sample, which is source without quotes."""


def encoded(name: str) -> bool:
    """Does a field of that name hold a file in base64?"""
    return _ENCODED.search(name) is not None


def sample(name: str) -> Sample:
    """The sample for a field that holds a file."""
    return Sample(next(kind for kind, known in _SAMPLES if known.search(name.lower())))


def text(name: str, least: int, most: int | None, pattern: str | None) -> str | None:
    """A text for a field; None when none is found."""
    if encoded(name):
        return sample(name)
    if pattern is not None:
        try:
            return next((each for each in _TRIED if re.search(pattern, each)), None)
        except re.error:
            return None
    found = "an example".ljust(least, ".")
    return found[:most] if most is not None else found


def source(value: Any) -> str:
    """A value as Python, samples by their names."""
    if isinstance(value, Sample):
        return str(value)
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{quoted(str(k))}: {source(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(source, value)) + "]"
    return repr(value)


def quoted(value: str) -> str:
    """A text as formatters write it."""
    shown = repr(value)
    return f'"{shown[1:-1]}"' if shown[0] == "'" and '"' not in shown else shown


def shell(value: Any) -> str:
    """A body for `curl -d`, files as the shell reads them."""
    return "'" + _shell(value) + "'"


def _shell(value: Any) -> str:
    if isinstance(value, Sample):
        return f'"\'"$(base64 < {FILES[value]} | tr -d "\\n")"\'"'
    if isinstance(value, Mapping):
        parts = ", ".join(f'"{key}": {_shell(each)}' for key, each in value.items())
        return "{" + parts + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_shell, value)) + "]"
    import json

    return json.dumps(value, ensure_ascii=False).replace("'", "'\\''")
