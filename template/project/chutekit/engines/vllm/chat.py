"""What vLLM understands beyond OpenAI's API and this chute lets through.

Left out on purpose: fields that load files, run templates of the client's own, change the
scheduling of other requests, or return what only the operator should see.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from chutekit.engines.chat import REASONING_EFFORT, FreeForm
from chutekit.serving.contract import RequestModel

TokenId = Annotated[int, Field(ge=0)]
Word = Annotated[str, Field(min_length=1, max_length=256)]


class StructuredOutputs(RequestModel):
    """One rule that the answer must follow."""

    json_: FreeForm | None = Field(None, alias="json")
    regex: str | None = Field(None, max_length=4096)
    choice: list[Word] | None = Field(None, min_length=1, max_length=256)
    grammar: str | None = Field(None, max_length=65536)
    json_object: bool | None = None


class EngineFields(RequestModel):
    """Sampling beyond OpenAI's, for both endpoints."""

    top_k: int | None = Field(
        None, ge=-1, description="Only so many of the likeliest tokens; -1 for all."
    )
    min_p: float | None = Field(
        None,
        ge=0,
        le=1,
        description="Only tokens at least this likely, compared with the likeliest.",
    )
    repetition_penalty: float | None = Field(
        None, gt=0, le=2, description="Above 1: fewer tokens that the prompt or the answer holds."
    )
    min_tokens: int | None = Field(None, ge=0, description="The fewest tokens of an answer.")
    stop_token_ids: list[TokenId] | None = Field(
        None, max_length=64, description="Tokens after which the answer ends."
    )
    include_stop_str_in_output: bool | None = Field(
        None, description="Whether the text that ended the answer is part of it."
    )
    ignore_eos: bool | None = Field(
        None, description="Whether to go on after the token that ends an answer."
    )
    bad_words: list[Word] | None = Field(
        None, max_length=256, description="Texts that must not appear."
    )
    skip_special_tokens: bool | None = Field(
        None, description="Whether to leave out the model's control tokens."
    )
    spaces_between_special_tokens: bool | None = Field(
        None, description="Whether to put spaces between control tokens."
    )
    structured_outputs: StructuredOutputs | None = Field(
        None, description="A rule that the answer must follow."
    )
    return_token_ids: bool | None = Field(
        None, description="Whether to tell the tokens' ids as well."
    )


class EngineChatFields(EngineFields):
    """Of chat alone."""

    chat_template_kwargs: FreeForm | None = Field(
        None, description="Values for the model's chat template, such as enable_thinking."
    )
    include_reasoning: bool | None = Field(
        None, description="Whether to send the model's thinking as well."
    )
    thinking_token_budget: int | None = Field(
        None, ge=0, description="The most tokens of thinking."
    )
    add_generation_prompt: bool | None = Field(
        None, description="Whether the answer begins a new turn."
    )
    continue_final_message: bool | None = Field(
        None, description="Whether the answer continues the last message."
    )
    reasoning_effort: Literal["none", "minimal", "low", "medium", "high", "xhigh"] | None = Field(
        None, description=REASONING_EFFORT
    )
