"""What vLLM understands beyond OpenAI's API and this chute lets through.

`refused.py` lists what is left out, and why.
"""

from __future__ import annotations

from pydantic import Field

from chutekit.engines.vllm.pooling import CutFields


class EngineFields(CutFields):
    """How a text becomes tokens, and those a vector."""

    add_special_tokens: bool | None = Field(
        None, description="Whether to add the model's control tokens to a text."
    )
    use_activation: bool | None = Field(None, description="Whether to normalise the vectors.")
