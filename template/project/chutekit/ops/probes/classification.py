"""What the smoke test sends to this chute, and what must come back."""

from __future__ import annotations

from secrets import token_hex
from typing import Any

from chute import EXAMPLE

from chutekit.ops.gateway import Answer
from chutekit.ops.probes import Load, Probe, models, refusal

TEXTS = EXAMPLE["input"]


def labels(answer: Answer) -> str:
    """Check that each text has a label, a probability for each there is, and the count."""
    found: list[dict[str, Any]] = (answer.json() or {}).get("data") or []
    if len(found) != len(TEXTS):
        return f"sent {len(found)} labels for {len(TEXTS)} texts"
    for item in found:
        probabilities = item.get("probs") or []
        if not item.get("label") or len(probabilities) != item.get("num_classes"):
            return "sent a text without its label or probabilities"
        if not all(0 <= each <= 1 for each in probabilities):
            return "sent probabilities below 0 or above 1"
    if not ((answer.json() or {}).get("usage") or {}).get("prompt_tokens"):
        return "counted no tokens"
    return ""


def never_sent() -> dict[str, Any]:
    """Return a body with texts that nobody has sent before, so that no cache answers."""
    return {**EXAMPLE, "input": [f"{text} {token_hex(8)}" for text in TEXTS]}


def asking(text: str) -> dict[str, Any]:
    """Return a body with this text."""
    return {**EXAMPLE, "input": [text]}


CLASSIFY = "/v1/classify"
PROBES = [
    Probe("GET /v1/models", "GET", "/v1/models", None, models),
    Probe("POST /v1/classify", "POST", CLASSIFY, EXAMPLE, labels),
]
WRONG = refusal("POST", CLASSIFY, EXAMPLE | {"input": []}, "input")
BURST = Probe("POST /v1/classify", "POST", CLASSIFY, never_sent, labels)
LOAD = Load({CLASSIFY: asking}, words=200)
