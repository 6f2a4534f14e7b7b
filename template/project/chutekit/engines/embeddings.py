"""What OpenAI's API lets a client send to /v1/embeddings.

Strict: no type coercion, no unknown field. `chute.py` sets the limits of this chute on top, and
`embeddings.py` beside an engine's `launch.py` adds what the engine understands beyond OpenAI.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from chutekit.engines.engine import WarmUp
from chutekit.engines.prompts import one_or_many as one_or_many
from chutekit.engines.request import UNUSED, EngineRequest

WARM_UP = WarmUp("/v1/embeddings", {"input": ["Hello", "Good morning"]}, "prompt_tokens")


class EmbeddingFields(EngineRequest):
    """OpenAI's fields of POST /v1/embeddings."""

    NOT_PASSED_ON = frozenset({"user"})

    input: str | list[str] | list[int] | list[list[int]]
    encoding_format: Literal["float", "base64"] | None = Field(
        "float", description="Vectors as lists of numbers, or packed."
    )
    dimensions: int | None = Field(None, ge=1, le=2**20)
    user: str | None = Field(None, max_length=512, description=UNUSED)

    @property
    def repeatable(self) -> bool:
        """Always: a text has one vector."""
        return True
