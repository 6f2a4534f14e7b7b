"""What vLLM understands of all that reads texts and writes none: vectors, labels and scores."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field

from chutekit.engines.prompts import MOST_TOKENS
from chutekit.engines.vllm.refused import REFUSED
from chutekit.serving.contract import RequestModel


class PoolingFields(RequestModel):
    """Of all of them."""

    REFUSED: ClassVar[Mapping[str, str]] = REFUSED

    cache_salt: str | None = Field(
        None,
        min_length=1,
        max_length=1024,
        description="Only texts with the same salt share what is cached of them.",
    )


class CutFields(PoolingFields):
    """Of those whose tokens may be cut where there are too many."""

    truncate_prompt_tokens: int | None = Field(
        None,
        ge=-1,
        le=MOST_TOKENS,
        description="Keep so many tokens of a longer text; -1 for as many as fit.",
    )
    truncation_side: Literal["left", "right"] | None = Field(
        None, description="Where a longer text is cut."
    )
