"""What vLLM and SGLang both understand beyond OpenAI's API, under the same names."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from chutekit.engines.grammars import FreeForm
from chutekit.engines.prompts import LARGEST, MOST_TOKENS, TokenId
from chutekit.serving.contract import RequestModel

Effort = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]
REASONING_EFFORT = "How much a reasoning model thinks before it answers."


class Likelihood(RequestModel):
    """Which tokens may be chosen, for all endpoints that sample."""

    top_k: int | None = Field(
        None, ge=-1, le=LARGEST, description="Only so many of the likeliest tokens; -1 for all."
    )
    min_p: float | None = Field(
        None,
        ge=0,
        le=1,
        description="Only tokens at least this likely, compared with the likeliest.",
    )
    repetition_penalty: float | None = Field(
        None,
        ge=0.01,
        le=2,
        description="Above 1: fewer tokens that the prompt or the answer holds.",
    )


class TemplateValues(RequestModel):
    """What the model's chat template is told, wherever there is a conversation."""

    chat_template_kwargs: FreeForm | None = Field(
        None, description="Values for the model's chat template, such as enable_thinking."
    )


class Salted(RequestModel):
    """A prompt whose cache is its own."""

    cache_salt: str | None = Field(
        None,
        min_length=1,
        max_length=1024,
        description="Only prompts with the same salt share what is cached of them.",
    )


class SamplingFields(Likelihood, Salted):
    """Sampling beyond OpenAI's, for both endpoints."""

    min_tokens: int | None = Field(
        None, ge=0, le=MOST_TOKENS, description="The fewest tokens of an answer."
    )
    stop_token_ids: list[TokenId] | None = Field(
        None, max_length=64, description="Tokens after which the answer ends."
    )
    ignore_eos: bool | None = Field(
        None, description="Whether to go on after the token that ends an answer."
    )
    skip_special_tokens: bool | None = Field(
        None, description="Whether to leave out the model's control tokens."
    )
    return_token_ids: bool | None = Field(
        None, description="Whether to tell the tokens' ids as well."
    )


class TemplateFields(TemplateValues):
    """What the model's chat template is told; of chat alone."""

    continue_final_message: bool | None = Field(
        None, description="Whether the answer continues the last message."
    )
