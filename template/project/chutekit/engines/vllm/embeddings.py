"""What vLLM understands beyond OpenAI's API and this chute lets through.

Left out on purpose: fields that load files, run templates of the client's own, change the
scheduling of other requests, or answer in a shape that OpenAI's clients cannot read.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from chutekit.serving.contract import RequestModel


class EngineFields(RequestModel):
    """How a text becomes tokens, and those a vector."""

    truncate_prompt_tokens: int | None = Field(
        None, ge=-1, description="Keep so many tokens of a longer text; -1 for as many as fit."
    )
    truncation_side: Literal["left", "right"] | None = Field(
        None, description="Where a longer text is cut."
    )
    add_special_tokens: bool | None = Field(
        None, description="Whether to add the model's control tokens to a text."
    )
    use_activation: bool | None = Field(None, description="Whether to normalise the vectors.")
