"""What SGLang serves beside chats and completions: responses, messages, and tokens.

By `srt/entrypoints` of version 0.5.23: `http_server.py`, and `protocol.py` of `openai` and
`anthropic`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from chutekit.engines import messages, responses
from chutekit.engines.chat import MAX_STOPS, NamedTool, StopText
from chutekit.engines.request import EngineRequest
from chutekit.engines.sampling import Effort, Likelihood, Salted, TemplateValues
from chutekit.engines.sglang.chat import EngineEffort
from chutekit.engines.sglang.refused import REFUSED
from chutekit.engines.tokens import DetokenizeFields, TokenizeFields


class ResponsesRequest(Likelihood, Salted, TemplateValues, responses.ResponsesFields):
    """The body of POST /v1/responses."""

    REFUSED: ClassVar[Mapping[str, str]] = REFUSED | responses.REFUSED

    stop: StopText | Annotated[list[StopText], Field(max_length=MAX_STOPS)] | None = Field(
        None, description="Texts before which the answer ends."
    )


class MessagesRequest(messages.MessagesFields):
    """The body of POST /v1/messages."""

    REFUSED: ClassVar[Mapping[str, str]] = REFUSED | messages.REFUSED


class CountRequest(messages.CountFields):
    """The body of POST /v1/messages/count_tokens."""

    REFUSED: ClassVar[Mapping[str, str]] = REFUSED | messages.REFUSED


class TokenizeRequest(TokenizeFields):
    """The body of POST /tokenize."""

    REFUSED: ClassVar[Mapping[str, str]] = REFUSED

    tool_choice: Literal["none", "auto", "required"] | NamedTool | None = Field(
        None, description="Whether, or which, function must be called."
    )
    reasoning_effort: Effort | EngineEffort | None = Field(
        None, description="How much a model thinks."
    )
    add_generation_prompt: bool | None = Field(
        None, description="Whether what begins an answer is counted as well."
    )


class DetokenizeRequest(DetokenizeFields):
    """The body of POST /detokenize."""

    skip_special_tokens: bool | None = Field(
        None, description="Whether to leave out the model's control tokens."
    )


ENDPOINTS: Mapping[str, type[EngineRequest]] = {
    "/v1/responses": ResponsesRequest,
    "/v1/messages": MessagesRequest,
    "/v1/messages/count_tokens": CountRequest,
    "/tokenize": TokenizeRequest,
    "/detokenize": DetokenizeRequest,
}
