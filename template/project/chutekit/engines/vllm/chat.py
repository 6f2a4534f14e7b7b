"""What vLLM understands beyond OpenAI's API and this chute lets through.

Left out on purpose: fields that load files, run templates of the client's own, change the
scheduling of other requests, or return what only the operator should see.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from chutekit.engines.chat import FreeForm
from chutekit.engines.sampling import SamplingFields, TemplateFields
from chutekit.serving.contract import RequestModel

Word = Annotated[str, Field(min_length=1, max_length=256)]


class StructuredOutputs(RequestModel):
    """One rule that the answer must follow."""

    json_: FreeForm | Annotated[str, Field(max_length=65536)] | None = Field(None, alias="json")
    regex: str | None = Field(None, max_length=4096)
    choice: list[Word] | None = Field(None, min_length=1, max_length=256)
    grammar: str | None = Field(None, max_length=65536)
    json_object: bool | None = None


class EngineFields(SamplingFields):
    """vLLM's own, for both endpoints."""

    include_stop_str_in_output: bool | None = Field(
        None, description="Whether the text that ended the answer is part of it."
    )
    bad_words: list[Word] | None = Field(
        None, max_length=256, description="Texts that must not appear."
    )
    spaces_between_special_tokens: bool | None = Field(
        None, description="Whether to put spaces between control tokens."
    )
    structured_outputs: StructuredOutputs | None = Field(
        None, description="A rule that the answer must follow."
    )


class EngineChatFields(EngineFields, TemplateFields):
    """Of chat alone."""

    include_reasoning: bool | None = Field(
        None, description="Whether to send the model's thinking as well."
    )
    thinking_token_budget: int | None = Field(
        None, ge=0, description="The most tokens of thinking."
    )
    add_generation_prompt: bool | None = Field(
        None, description="Whether the answer begins a new turn."
    )
