"""What the smoke test sends to this chute, and what must come back."""

from __future__ import annotations

from secrets import token_hex
from typing import Any

from chute import EXAMPLE

from chutekit.ops.gateway import Answer
from chutekit.ops.probes import Load, Probe, models, refusal

#: The first of them answers the query.
DOCUMENTS = EXAMPLE["documents"]


def ranking(answer: Answer) -> str:
    """Check that each document is there once, the best first, and the count."""
    found: list[dict[str, Any]] = (answer.json() or {}).get("results") or []
    if sorted(item.get("index", -1) for item in found) != list(range(len(DOCUMENTS))):
        return f"sent {len(found)} results that are not the {len(DOCUMENTS)} documents"
    scores = [item.get("relevance_score", 0) for item in found]
    if scores != sorted(scores, reverse=True):
        return "sent results that are not in the order of their scores"
    if not ((answer.json() or {}).get("usage") or {}).get("total_tokens"):
        return "counted no tokens"
    return ""


def meaning(answer: Answer) -> str:
    """Check that the document that answers the query is the first."""
    if wrong := ranking(answer):
        return wrong
    whole = answer.json() or {}
    first = whole["results"][0]["index"]
    if whole.get("id", "").startswith("stub"):
        return ""
    return "" if first == 0 else "ranked another document before the one that answers the query"


def scores(answer: Answer) -> str:
    """Check that each pair has a score, in its place."""
    found: list[dict[str, Any]] = (answer.json() or {}).get("data") or []
    if [item.get("index") for item in found] != list(range(len(DOCUMENTS))):
        return f"sent {len(found)} scores for {len(DOCUMENTS)} pairs"
    return "" if all(isinstance(item.get("score"), float) for item in found) else "sent no score"


def never_sent() -> dict[str, Any]:
    """Return a body with a query that nobody has sent before, so that no cache answers."""
    return {**EXAMPLE, "query": f"{EXAMPLE['query']} {token_hex(8)}"}


def asking(text: str) -> dict[str, Any]:
    """Return a body with this text as the query."""
    return {**EXAMPLE, "query": text}


RERANK, SCORE = "/v1/rerank", "/v1/score"
PAIRS = {"model": EXAMPLE["model"], "text_1": EXAMPLE["query"], "text_2": DOCUMENTS}
PROBES = [
    Probe("GET /v1/models", "GET", "/v1/models", None, models),
    Probe("POST /v1/rerank", "POST", RERANK, EXAMPLE, meaning),
    Probe("POST /v2/rerank", "POST", "/v2/rerank", EXAMPLE, meaning),
    Probe("POST /v1/score", "POST", SCORE, PAIRS, scores),
]
WRONG = refusal("POST", RERANK, EXAMPLE | {"documents": []}, "documents")
BURST = Probe("POST /v1/rerank", "POST", RERANK, never_sent, ranking)
LOAD = Load({RERANK: asking}, words=20)
