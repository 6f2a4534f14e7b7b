"""What vLLM understands beyond OpenAI's API and this chute lets through.

`refused.py` lists what is left out, and why.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field

from chutekit.engines.prompts import MOST_TOKENS
from chutekit.engines.vllm.refused import REFUSED
from chutekit.serving.contract import RequestModel


class EngineFields(RequestModel):
    """How a text becomes tokens, and those a vector."""

    REFUSED: ClassVar[Mapping[str, str]] = REFUSED

    truncate_prompt_tokens: int | None = Field(
        None,
        ge=-1,
        le=MOST_TOKENS,
        description="Keep so many tokens of a longer text; -1 for as many as fit.",
    )
    truncation_side: Literal["left", "right"] | None = Field(
        None, description="Where a longer text is cut."
    )
    add_special_tokens: bool | None = Field(
        None, description="Whether to add the model's control tokens to a text."
    )
    use_activation: bool | None = Field(None, description="Whether to normalise the vectors.")
    cache_salt: str | None = Field(
        None,
        min_length=1,
        max_length=1024,
        description="Only texts with the same salt share what is cached of them.",
    )
