"""What vLLM serves beside chats and completions: responses, messages, and tokens.

By the classes in `vllm/entrypoints` of version 0.32: `openai/responses`, `anthropic` and
`serve/tokenize`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import Field

from chutekit.engines import messages, responses
from chutekit.engines.chat import MAX_STOPS, StopText, TokenBias, TokenName
from chutekit.engines.prompts import TokenId
from chutekit.engines.request import EngineRequest
from chutekit.engines.sampling import Likelihood, Salted, TemplateValues
from chutekit.engines.tokens import DetokenizeFields, TokenizeFields
from chutekit.engines.vllm.chat import StructuredOutputs
from chutekit.engines.vllm.refused import REFUSED


class ResponsesRequest(Likelihood, Salted, TemplateValues, responses.ResponsesFields):
    """The body of POST /v1/responses."""

    REFUSED: ClassVar[Mapping[str, str]] = responses.REFUSED | REFUSED

    include_reasoning: bool | None = Field(
        None, description="Whether to send the model's thinking as well."
    )
    seed: int | None = Field(
        None, ge=-(2**63), le=2**63 - 1, description="The same seed makes the same choices."
    )
    stop: StopText | Annotated[list[StopText], Field(max_length=MAX_STOPS)] | None = Field(
        None, description="Texts before which the answer ends."
    )
    stop_token_ids: list[TokenId] | None = Field(
        None, max_length=64, description="Tokens after which the answer ends."
    )
    ignore_eos: bool | None = Field(
        None, description="Whether to go on after the token that ends an answer."
    )
    logit_bias: dict[TokenName, TokenBias] | None = Field(
        None, max_length=300, description="By token id, how much likelier a token becomes."
    )
    skip_special_tokens: bool | None = Field(
        None, description="Whether to leave out the model's control tokens."
    )
    include_stop_str_in_output: bool | None = Field(
        None, description="Whether the text that ended the answer is part of it."
    )
    structured_outputs: StructuredOutputs | None = Field(
        None, description="A rule that the answer must follow."
    )

    @property
    def repeatable(self) -> bool:
        """Whether nothing is left to chance."""
        return self.temperature == 0 or self.seed is not None

    def upstream(self, model: str) -> dict[str, Any]:
        """Return the body for vLLM, which breaks over thinking that another service encrypted."""
        body = super().upstream(model)
        for item in body["input"] if isinstance(body["input"], list) else ():
            item.pop("encrypted_content", None)
        return body


class MessagesRequest(Salted, TemplateValues, messages.MessagesFields):
    """The body of POST /v1/messages."""

    REFUSED: ClassVar[Mapping[str, str]] = messages.REFUSED | REFUSED


class CountRequest(TemplateValues, messages.CountFields):
    """The body of POST /v1/messages/count_tokens."""

    REFUSED: ClassVar[Mapping[str, str]] = messages.REFUSED | REFUSED


class TokenizeRequest(TokenizeFields):
    """The body of POST /tokenize."""

    REFUSED: ClassVar[Mapping[str, str]] = REFUSED

    add_generation_prompt: bool | None = Field(
        None, description="Whether the answer begins a new turn."
    )
    return_token_strs: bool | None = Field(
        None, description="Whether to tell what each token stands for."
    )


class DetokenizeRequest(DetokenizeFields):
    """The body of POST /detokenize."""


ENDPOINTS: Mapping[str, type[EngineRequest]] = {
    "/v1/responses": ResponsesRequest,
    "/v1/messages": MessagesRequest,
    "/v1/messages/count_tokens": CountRequest,
    "/tokenize": TokenizeRequest,
    "/detokenize": DetokenizeRequest,
}
