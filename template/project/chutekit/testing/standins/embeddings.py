"""A server that speaks the engine's protocol and has no model: a text's vector is its digest."""

from __future__ import annotations

import base64
import math
import struct
from typing import Any

from chutekit.testing.standins.pooling import PoolingStub, digest, texts_of
from chutekit.testing.standins.server import serve

SIZE = 1024


class EmbeddingStub(PoolingStub):
    """Answers requests for embeddings."""

    ROUTES = ("/v1/embeddings",)
    FIELD = "input"

    def texts(self, asked: dict[str, Any]) -> list[Any]:
        """Return the texts of the input."""
        return texts_of(asked["input"])

    def whole(self, asked: dict[str, Any], texts: list[Any]) -> dict[str, Any]:
        """Return a vector for each text, in OpenAI's shape."""
        size = asked.get("dimensions") or SIZE
        vectors = [vector(text, size) for text in texts]
        if asked.get("encoding_format") == "base64":
            found: list[Any] = [packed(numbers) for numbers in vectors]
        else:
            found = vectors
        return {
            "object": "list",
            "data": [
                {"object": "embedding", "index": index, "embedding": embedding}
                for index, embedding in enumerate(found)
            ],
        }


def vector(text: Any, size: int) -> list[float]:
    """Return numbers that depend on the text alone, of length 1."""
    numbers = [byte - 127.5 for byte in digest(text, size)]
    length = math.hypot(*numbers)
    return [number / length for number in numbers]


def packed(numbers: list[float]) -> str:
    """Return them as OpenAI's base64 of 32-bit floats."""
    return base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()


if __name__ == "__main__":
    serve(EmbeddingStub)
