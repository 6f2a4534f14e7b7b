"""What the smoke test sends to this chute, and what must come back."""

from __future__ import annotations

import math
from secrets import token_hex
from typing import Any

from chute import EXAMPLE

from chutekit.ops.gateway import Answer
from chutekit.ops.probes import Load, Probe, models, refusal

#: Two that mean the same, and one that does not.
TEXTS = EXAMPLE["input"]


def embeddings(answer: Answer) -> str:
    """Check that each text has a vector of the same size, that none is zero, and the count."""
    vectors = _vectors(answer)
    if len(vectors) != len(TEXTS):
        return f"sent {len(vectors)} vectors for {len(TEXTS)} texts"
    if len({len(vector) for vector in vectors}) != 1 or not all(map(any, vectors)):
        return "sent vectors that cannot be compared"
    if not ((answer.json() or {}).get("usage") or {}).get("prompt_tokens"):
        return "counted no tokens"
    return ""


def meaning(answer: Answer) -> str:
    """Check that texts that mean the same are nearer to each other than to one that does not."""
    if wrong := embeddings(answer):
        return wrong
    if (answer.json() or {}).get("id", "").startswith("stub"):
        return ""
    one, same, other = _vectors(answer)
    return "" if cosine(one, same) > cosine(one, other) else "sent vectors without meaning"


def never_sent() -> dict[str, Any]:
    """Return a body with texts that nobody has sent before, so that no cache answers."""
    return {**EXAMPLE, "input": [f"{text} {token_hex(8)}" for text in TEXTS]}


def asking(text: str) -> dict[str, Any]:
    """Return a body with this text."""
    return {**EXAMPLE, "input": [text]}


def cosine(one: list[float], two: list[float]) -> float:
    """Return how much two vectors point the same way, at most 1."""
    return math.fsum(map(float.__mul__, one, two)) / (math.hypot(*one) * math.hypot(*two))


def _vectors(answer: Answer) -> list[list[float]]:
    data: list[dict[str, Any]] = (answer.json() or {}).get("data") or []
    return [[float(number) for number in item.get("embedding") or ()] for item in data]


EMBEDDINGS = "/v1/embeddings"
PROBES = [
    Probe("GET /v1/models", "GET", "/v1/models", None, models),
    Probe("POST /v1/embeddings", "POST", EMBEDDINGS, EXAMPLE, meaning),
]
WRONG = refusal("POST", EMBEDDINGS, EXAMPLE | {"encoding_format": "hex"}, "encoding_format")
BURST = Probe("POST /v1/embeddings", "POST", EMBEDDINGS, never_sent, embeddings)
LOAD = Load({EMBEDDINGS: asking}, words=200)
