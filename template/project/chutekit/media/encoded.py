"""Base64 in a body: bounded before it is decoded, with the prefix of a data URL or without."""

import base64
import binascii
import re

from pydantic import ValidationInfo

# What browsers put before a file that they read: media type, parameters, and that base64 follows.
_PREFIX = re.compile(r"data:[\w.+/;=-]{0,200};base64,")
#: Of text for each so many bytes: line breaks, as some encoders set them, included.
LINE = 76
PREFIX_CHARACTERS = 256


def characters(size: int) -> int:
    """How long the text of a file of so many bytes can be."""
    coded = 4 * ((size + 2) // 3)
    return coded + 2 * (coded // LINE + 1) + PREFIX_CHARACTERS


def decoded(given: object, largest: int) -> bytes:
    """The bytes of a file in base64; ValueError, written for the client, when it is none."""
    if not isinstance(given, str):
        raise ValueError("must be a file as base64 text")
    if len(given) > characters(largest):
        raise ValueError(f"must be a file of at most {largest} bytes")
    if given[:5] == "data:":
        match = _PREFIX.match(given)
        if match is None:
            raise ValueError("must be base64: this data URL is not")
        given = given[match.end() :]
    try:
        content = base64.b64decode("".join(given.split()), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("must be a file as base64 text") from None
    if not content:
        raise ValueError("must not be empty")
    if len(content) > largest:
        raise ValueError(f"must be a file of at most {largest} bytes")
    return content


def field(info: ValidationInfo) -> str:
    """The name of the field that is read."""
    return info.field_name or "body"
