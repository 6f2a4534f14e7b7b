"""What the smoke test sends to this chute, and what must come back."""

from __future__ import annotations

from chute import EXAMPLE

from chutekit.ops.probes import Probe, refusal
from chutekit.ops.probes.painted import encoded, picture

_SHOWN = [{"image_url": f"data:image/png;base64,{each}"} for each in EXAMPLE["image_b64s"]]
_OTHERS = {name: value for name, value in EXAMPLE.items() if name != "image_b64s"}

PROBES = [
    Probe("POST /edit", "POST", "/edit", EXAMPLE, picture("image/jpeg")),
    Probe("POST /edit as PNG", "POST", "/edit", EXAMPLE | {"format": "png"}, picture("image/png")),
    Probe(
        "POST /v1/images/edits", "POST", "/v1/images/edits", _OTHERS | {"images": _SHOWN}, encoded
    ),
]
WRONG = refusal("POST", "/edit", EXAMPLE | {"steps": -1}, "steps")
#: Without a seed, so that no cache answers.
BURST = Probe(
    "POST /edit",
    "POST",
    "/edit",
    {name: value for name, value in EXAMPLE.items() if name != "seed"},
    picture("image/jpeg"),
)
