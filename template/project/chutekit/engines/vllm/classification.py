"""What vLLM understands of a text to classify, and where; `refused.py` lists what is left out."""

from __future__ import annotations

from pydantic import Field

from chutekit.engines.engine import WarmUp
from chutekit.engines.vllm.pooling import CutFields

#: Where the engine answers what clients send to /v1/classify (vLLM 0.32: no other path).
CLASSIFY = "/classify"
WARM_UP = WarmUp(CLASSIFY, {"input": ["Hello", "Good morning"]}, "prompt_tokens")


class EngineFields(CutFields):
    """How a text becomes tokens, and those probabilities."""

    add_special_tokens: bool | None = Field(
        None, description="Whether to add the model's control tokens to a text."
    )
    use_activation: bool | None = Field(
        None, description="False: the model's own numbers in place of probabilities."
    )
