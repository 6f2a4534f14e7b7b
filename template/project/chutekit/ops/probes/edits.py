"""What the smoke test sends to this chute, and what must come back."""

from __future__ import annotations

from typing import Any

from chute import EXAMPLE

from chutekit.ops.probes import Load, Probe, refusal
from chutekit.ops.probes.painted import encoded, picture

_SHOWN = [{"image_url": f"data:image/png;base64,{each}"} for each in EXAMPLE["image_b64s"]]
_OTHERS = {name: value for name, value in EXAMPLE.items() if name != "image_b64s"}
#: So that no cache answers.
_UNSEEDED = {name: value for name, value in EXAMPLE.items() if name != "seed"}


def asking(text: str) -> dict[str, Any]:
    """Return a body with this text as the prompt."""
    return _UNSEEDED | {"prompt": text}


PROBES = [
    Probe("POST /edit", "POST", "/edit", EXAMPLE, picture("image/jpeg")),
    Probe("POST /edit as PNG", "POST", "/edit", EXAMPLE | {"format": "png"}, picture("image/png")),
    Probe(
        "POST /v1/images/edits", "POST", "/v1/images/edits", _OTHERS | {"images": _SHOWN}, encoded
    ),
]
WRONG = refusal("POST", "/edit", EXAMPLE | {"steps": -1}, "steps")
BURST = Probe("POST /edit", "POST", "/edit", _UNSEEDED, picture("image/jpeg"))
LOAD = Load({"/edit": asking}, words=20)
