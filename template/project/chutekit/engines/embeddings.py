"""What OpenAI's API lets a client send to /v1/embeddings.

Strict: no type coercion, no unknown field. `chute.py` sets the limits of this chute on top, and
`embeddings.py` beside an engine's `launch.py` adds what the engine understands beyond OpenAI.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from chutekit.engines.engine import WarmUp
from chutekit.engines.request import EngineRequest

WARM_UP = WarmUp("/v1/embeddings", {"input": ["Hello", "Good morning"]}, "prompt_tokens")

TokenId = Annotated[int, Field(ge=0, le=2**31 - 1)]


def kind_of_input(value: Any) -> str:
    """Tell the four kinds apart, so that an error names what is wrong with the one sent."""
    if not isinstance(value, list):
        return "text"
    if not value or isinstance(value[0], str):
        return "texts"
    return "token_lists" if isinstance(value[0], list) else "tokens"


def one_or_many(longest: int, tokens: int, many: int) -> Any:
    """Return the type of `input`: a text, its tokens, or up to `many` of either.

    A text has at most `longest` characters, or `tokens` tokens.
    """
    text = Annotated[str, Field(min_length=1, max_length=longest)]
    token_list = Annotated[list[TokenId], Field(min_length=1, max_length=tokens)]
    return Annotated[
        Annotated[text, Tag("text")]
        | Annotated[list[text], Field(min_length=1, max_length=many), Tag("texts")]
        | Annotated[token_list, Tag("tokens")]
        | Annotated[list[token_list], Field(min_length=1, max_length=many), Tag("token_lists")],
        Discriminator(kind_of_input),
    ]


class EmbeddingFields(EngineRequest):
    """OpenAI's fields of POST /v1/embeddings."""

    input: str | list[str] | list[int] | list[list[int]]
    encoding_format: Literal["float", "base64"] | None = Field(
        "float", description="Vectors as lists of numbers, or packed."
    )
    dimensions: int | None = Field(None, ge=1)

    @property
    def repeatable(self) -> bool:
        """Always: a text has one vector."""
        return True
