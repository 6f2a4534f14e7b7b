"""What must come back where a picture was asked for."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable

from chutekit.ops.gateway import Answer

MAGIC = {"image/jpeg": b"\xff\xd8\xff", "image/png": b"\x89PNG\r\n\x1a\n"}
#: A picture of one colour compresses to next to nothing; a real one of this size never does.
LEAST_BYTES = 5000


def picture(content_type: str) -> Callable[[Answer], str]:
    """Return a check that the answer is a picture of that kind with something in it."""

    def fault(answer: Answer) -> str:
        if not answer.content_type.startswith(content_type):
            return f"sent {answer.content_type or 'no content type'}, not {content_type}"
        return _wrong(answer.body, content_type)

    return fault


def encoded(answer: Answer) -> str:
    """Check that OpenAI's answer holds one picture, of the kind that it sends."""
    found = (answer.json() or {}).get("data") or []
    if len(found) != 1:
        return f"sent {len(found)} pictures, not 1"
    try:
        content = base64.b64decode(found[0].get("b64_json") or "", validate=True)
    except (binascii.Error, ValueError):
        return "sent a picture that is not base64"
    return _wrong(content, "image/png")


def _wrong(content: bytes, content_type: str) -> str:
    """Say why a file is no picture of that kind with something in it."""
    if not content.startswith(MAGIC[content_type]):
        return f"sent something that is no {content_type}"
    if len(content) < LEAST_BYTES:
        return f"sent a picture of only {len(content)} bytes"
    return ""
