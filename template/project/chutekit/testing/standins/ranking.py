"""A server that speaks vLLM's protocol and has no model: pairs are scored by words they share."""

from __future__ import annotations

import re
from typing import Any

from chutekit.testing.standins.pooling import PoolingStub, digest
from chutekit.testing.standins.server import serve


class RankingStub(PoolingStub):
    """Answers requests to rerank texts and to score pairs."""

    ROUTES = ("/rerank", "/score")

    def texts(self, asked: dict[str, Any]) -> list[Any]:
        """Return every pair as the one text that the model reads."""
        return [f"{query} {text}" for query, text in pairs(asked)]

    def whole(self, asked: dict[str, Any], texts: list[Any]) -> dict[str, Any]:
        """Return the scores in their order, or the documents in the order of their scores."""
        scores = [score(query, text) for query, text in pairs(asked)]
        if "query" not in asked:
            data = [
                {"index": index, "object": "score", "score": found}
                for index, found in enumerate(scores)
            ]
            return {"object": "list", "created": 0, "data": data}
        best = sorted(range(len(scores)), key=lambda index: -scores[index])
        return {
            "results": [
                {
                    "index": index,
                    "document": {"text": asked["documents"][index], "multi_modal": None},
                    "relevance_score": scores[index],
                }
                for index in best[: asked.get("top_n") or None]
            ]
        }


def pairs(asked: dict[str, Any]) -> list[tuple[str, str]]:
    """Return what is scored: one text with each of several, or each with its own."""
    first, second = (
        [given] if isinstance(given, str) else given
        for given in (
            (asked["query"], asked["documents"])
            if "query" in asked
            else (asked["text_1"], asked["text_2"])
        )
    )
    return list(zip(first * len(second) if len(first) == 1 else first, second, strict=True))


def score(query: str, text: str) -> float:
    """Return how much of the query stands in the text, from 0 to 1; by its digest among equals."""
    wanted, there = (set(re.findall(r"\w+", each.lower())) for each in (query, text))
    return (len(wanted & there) + digest(text, 1)[0] / 256) / (len(wanted) + 1)


if __name__ == "__main__":
    serve(RankingStub)
