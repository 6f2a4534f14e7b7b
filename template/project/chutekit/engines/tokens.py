"""What the engines let a client send to /tokenize and /detokenize, which OpenAI does not have."""

from __future__ import annotations

from pydantic import ConfigDict, Field, ValidationInfo, field_validator

from chutekit.engines.chat import MAX_TOOLS, Message, Tool, characters
from chutekit.engines.grammars import FreeForm
from chutekit.engines.prompts import TokenId
from chutekit.engines.request import EngineRequest


class Repeatable(EngineRequest):
    """A question that has one answer."""

    @property
    def repeatable(self) -> bool:
        """Always."""
        return True


class TokenizeFields(Repeatable):
    """How a text, or a conversation, becomes tokens."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"prompt": "The sea is"}]})

    messages: list[Message] | None = Field(
        None, min_length=1, description="A conversation, in place of a prompt."
    )
    prompt: str | None = Field(
        None, validate_default=True, description="A text, in place of messages."
    )
    tools: list[Tool] | None = Field(
        None, max_length=MAX_TOOLS, description="Functions that the conversation may call."
    )
    add_special_tokens: bool | None = Field(
        None, description="Whether to add the model's control tokens."
    )
    continue_final_message: bool | None = Field(
        None, description="Whether the last message is left open."
    )
    chat_template_kwargs: FreeForm | None = Field(
        None, description="Values for the model's chat template, such as enable_thinking."
    )

    @field_validator("messages")
    @classmethod
    def _bounded(cls, messages: list[Message] | None) -> list[Message] | None:
        limits = cls.LIMITS
        if messages and len(messages) > limits.messages:
            raise ValueError(f"must hold at most {limits.messages} messages")
        limits.check(characters(messages or []))
        return messages

    @field_validator("prompt")
    @classmethod
    def _one_of_both(cls, prompt: str | None, info: ValidationInfo) -> str | None:
        if "messages" in info.data and (prompt is None) == (info.data["messages"] is None):
            raise ValueError("or messages must be given, and not both")
        cls.LIMITS.check(len(prompt or ""))
        return prompt

    @field_validator("tools")
    @classmethod
    def _none_at_all(cls, tools: list[Tool] | None) -> list[Tool] | None:
        return tools or None


class DetokenizeFields(Repeatable):
    """What text tokens stand for."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"tokens": [1, 2, 3]}]})

    tokens: list[TokenId] = Field(description="The tokens of a text.")

    @field_validator("tokens")
    @classmethod
    def _bounded(cls, tokens: list[int]) -> list[int]:
        if len(tokens) > cls.LIMITS.context_length:
            raise ValueError(f"must be at most {cls.LIMITS.context_length} tokens")
        return tokens
