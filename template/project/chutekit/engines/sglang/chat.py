"""What SGLang understands beyond OpenAI's API and this chute lets through.

Left out on purpose: fields that load files, run code of the client's own, change the scheduling of
other requests, or return what only the operator should see.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from chutekit.engines.chat import FreeForm
from chutekit.serving.contract import RequestModel

TokenId = Annotated[int, Field(ge=0)]


class EngineFields(RequestModel):
    """Sampling beyond OpenAI's, for both endpoints."""

    top_k: int | None = Field(None, ge=-1)
    min_p: float | None = Field(None, ge=0, le=1)
    repetition_penalty: float | None = Field(None, gt=0, le=2)
    min_tokens: int | None = Field(None, ge=0)
    stop_token_ids: list[TokenId] | None = Field(None, max_length=64)
    no_stop_trim: bool | None = None
    ignore_eos: bool | None = None
    skip_special_tokens: bool | None = None
    regex: str | None = Field(None, max_length=4096)
    ebnf: str | None = Field(None, max_length=65536)
    return_token_ids: bool | None = None


class EngineChatFields(EngineFields):
    """Of chat alone."""

    chat_template_kwargs: FreeForm | None = None
    separate_reasoning: bool | None = None
    stream_reasoning: bool | None = None
    continue_final_message: bool | None = None
    reasoning_effort: Literal["none", "minimal", "low", "medium", "high", "xhigh"] | None = None
