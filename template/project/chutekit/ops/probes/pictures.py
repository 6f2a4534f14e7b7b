"""What the smoke test sends to this chute, and what must come back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chute import EXAMPLE

from chutekit.ops.gateway import Answer
from chutekit.ops.probes import Load, Probe, refusal

MAGIC = {"image/jpeg": b"\xff\xd8\xff", "image/png": b"\x89PNG\r\n\x1a\n"}
#: A picture of one colour compresses to next to nothing; a real one of this size never does.
LEAST_BYTES = 5000


def picture(content_type: str) -> Callable[[Answer], str]:
    """Return a check that the answer is a picture of that kind with something in it."""

    def fault(answer: Answer) -> str:
        if not answer.content_type.startswith(content_type):
            return f"sent {answer.content_type or 'no content type'}, not {content_type}"
        if not answer.body.startswith(MAGIC[content_type]):
            return f"sent something that is no {content_type}"
        if len(answer.body) < LEAST_BYTES:
            return f"sent a picture of only {len(answer.body)} bytes"
        return ""

    return fault


def asking(text: str) -> dict[str, Any]:
    """Return a body with this text as the prompt, without a seed, so that no cache answers."""
    return {"prompt": text}


PROBES = [
    Probe("POST /generate", "POST", "/generate", EXAMPLE, picture("image/jpeg")),
    Probe(
        "POST /generate as PNG",
        "POST",
        "/generate",
        EXAMPLE | {"format": "png"},
        picture("image/png"),
    ),
]
WRONG = refusal("POST", "/generate", EXAMPLE | {"steps": -1}, "steps")
#: Without a seed, so that no cache answers.
BURST = Probe(
    "POST /generate", "POST", "/generate", {"prompt": EXAMPLE["prompt"]}, picture("image/jpeg")
)
LOAD = Load({"/generate": asking}, words=20)
