"""What vLLM understands beyond OpenAI's API and this chute lets through.

Left out on purpose: fields that load files, run templates of the client's own, change the
scheduling of other requests, or return what only the operator should see.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from chutekit.engines.chat import FreeForm
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

    top_k: int | None = Field(None, ge=-1)
    min_p: float | None = Field(None, ge=0, le=1)
    repetition_penalty: float | None = Field(None, gt=0, le=2)
    min_tokens: int | None = Field(None, ge=0)
    stop_token_ids: list[TokenId] | None = Field(None, max_length=64)
    include_stop_str_in_output: bool | None = None
    ignore_eos: bool | None = None
    bad_words: list[Word] | None = Field(None, max_length=256)
    skip_special_tokens: bool | None = None
    spaces_between_special_tokens: bool | None = None
    structured_outputs: StructuredOutputs | None = None
    return_token_ids: bool | None = None


class EngineChatFields(EngineFields):
    """Of chat alone."""

    chat_template_kwargs: FreeForm | None = None
    include_reasoning: bool | None = None
    thinking_token_budget: int | None = Field(None, ge=0)
    add_generation_prompt: bool | None = None
    continue_final_message: bool | None = None
    reasoning_effort: Literal["none", "minimal", "low", "medium", "high", "xhigh"] | None = None
