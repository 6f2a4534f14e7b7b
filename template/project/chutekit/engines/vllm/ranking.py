"""What vLLM understands of pairs of texts, and where; `refused.py` lists what is left out.

By `entrypoints/pooling/scoring` of version 0.32.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from chutekit.engines.prompts import MOST_TOKENS
from chutekit.engines.vllm.pooling import CutFields, PoolingFields
from chutekit.engines.vllm.refused import REFUSED

#: Where the engine answers what clients send to /v1/rerank and /v2/rerank, and to /v1/score: there
#: it would note with every request that the path is another one now.
RERANK, SCORE = "/rerank", "/score"
CUTS_THE_QUESTION = (
    "is not possible here, because what the model is asked would be cut: see max_tokens_per_doc"
)
#: Characters: the model reads an instruction with each of a request's pairs.
LONGEST_INSTRUCTION = 4096


class TokenFields(PoolingFields):
    """How a pair becomes tokens, whatever the model."""

    REFUSED: ClassVar[Mapping[str, str]] = REFUSED | {
        "chat_template": "is not possible here, because templates run in the engine",
        "chat_template_kwargs": "is not possible here; what models are told is instruction",
    }

    max_tokens_per_query: int | None = Field(
        None, ge=0, le=MOST_TOKENS, description="Keep so many tokens of a longer query; 0 for all."
    )
    max_tokens_per_doc: int | None = Field(
        None, ge=0, le=MOST_TOKENS, description="Keep so many tokens of a longer text; 0 for all."
    )
    use_activation: bool | None = Field(
        None, description="False: the model's own number in place of one from 0 to 1."
    )


class EngineFields(TokenFields, CutFields):
    """For a model that reads the two texts of a pair and nothing else."""

    REFUSED: ClassVar[Mapping[str, str]] = {
        **TokenFields.REFUSED,
        "instruction": "is of no use: this model reads nothing but the two texts",
    }


class JudgeFields(TokenFields):
    """For a language model that is asked, see `judges`."""

    REFUSED: ClassVar[Mapping[str, str]] = {
        **TokenFields.REFUSED,
        "truncate_prompt_tokens": CUTS_THE_QUESTION,
        "truncation_side": CUTS_THE_QUESTION,
    }

    instruction: str | None = Field(
        None,
        min_length=1,
        max_length=LONGEST_INSTRUCTION,
        description="What is looked for in general.",
    )
