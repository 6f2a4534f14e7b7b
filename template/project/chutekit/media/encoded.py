"""Base64 in a body: bounded before it is decoded, with the prefix of a data URL or without."""

import base64
import binascii
import re

from pydantic import ValidationInfo

# What browsers put before a file that they read: media type, parameters, and that base64 follows.
_PREFIX = re.compile(r"data:([\w.+/;=-]{0,200});base64,")
#: Of text for each so many bytes: line breaks, as some encoders set them, included.
LINE = 76
PREFIX_CHARACTERS = 256


def characters(size: int) -> int:
    """How long the text of a file of so many bytes can be."""
    coded = _coded(size)
    return coded + 2 * (coded // LINE + 1) + PREFIX_CHARACTERS


def decoded(given: object, largest: int) -> bytes:
    """The bytes of a file in base64; ValueError, written for the client, when it is none."""
    if not isinstance(given, str):
        raise ValueError("must be a file as base64 text")
    if len(given) > characters(largest):
        raise _too_large(largest)
    if given[:5] == "data:":
        _, given = opened(given)
    return exact("".join(given.split()), largest)


def opened(url: str) -> tuple[str, str]:
    """What a data URL says its content is, and that in base64; ValueError when there is none."""
    match = _PREFIX.match(url)
    if match is None:
        raise ValueError("must be base64: this data URL is not")
    return match[1], url[match.end() :]


def exact(text: str, largest: int) -> bytes:
    """The bytes of base64 without a line break; ValueError, written for the client."""
    if len(text) > _coded(largest):
        raise _too_large(largest)
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        in_one = " in one line" if "\n" in text else ""
        raise ValueError(f"must be a file as base64 text{in_one}") from None
    if not content:
        raise ValueError("must not be empty")
    if len(content) > largest:
        raise _too_large(largest)
    return content


def field(info: ValidationInfo) -> str:
    """The name of the field that is read."""
    return info.field_name or "body"


def _coded(size: int) -> int:
    return 4 * ((size + 2) // 3)


def _too_large(largest: int) -> ValueError:
    return ValueError(f"must be a file of at most {largest} bytes")
