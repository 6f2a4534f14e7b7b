"""What the smoke test sends to this chute, and what must come back."""

from __future__ import annotations

from typing import Any

from chute import EXAMPLE

from chutekit.ops.probes import Load, Probe, refusal
from chutekit.ops.probes.painted import encoded, picture

GENERATIONS = "/v1/images/generations"


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
    Probe(f"POST {GENERATIONS}", "POST", GENERATIONS, EXAMPLE, encoded),
]
WRONG = refusal("POST", "/generate", EXAMPLE | {"steps": -1}, "steps")
BURST = Probe(
    "POST /generate", "POST", "/generate", asking(EXAMPLE["prompt"]), picture("image/jpeg")
)
LOAD = Load({"/generate": asking}, words=20)
