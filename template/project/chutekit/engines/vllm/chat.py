"""What vLLM understands beyond OpenAI's API and this chute lets through.

`refused.py` lists what is left out, and why.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from chutekit.engines.grammars import Grammar, Regex, Schema, SchemaText
from chutekit.engines.prompts import LARGEST, MOST_TOKENS, TokenId
from chutekit.engines.sampling import REASONING_EFFORT, Effort, SamplingFields, TemplateFields
from chutekit.engines.vllm.refused import REFUSED
from chutekit.serving.contract import RequestModel

Word = Annotated[str, Field(min_length=1, max_length=256)]


class StructuredOutputs(RequestModel):
    """One rule that the answer must follow."""

    json_: Schema | SchemaText | None = Field(None, alias="json")
    regex: Regex | None = None
    choice: list[Word] | None = Field(None, min_length=1, max_length=256)
    grammar: Grammar | None = None
    json_object: bool | None = None
    structural_tag: SchemaText | None = None
    whitespace_pattern: str | None = Field(None, max_length=256)
    disable_any_whitespace: bool | None = None
    disable_additional_properties: bool | None = None


class RepetitionDetection(RequestModel):
    """When an answer that only repeats itself is ended."""

    max_pattern_size: int = Field(0, ge=0, le=256)
    min_pattern_size: int = Field(0, ge=0, le=256)
    min_count: int = Field(0, ge=0, le=LARGEST)


class EngineFields(SamplingFields):
    """vLLM's own, for both endpoints."""

    REFUSED: ClassVar[Mapping[str, str]] = REFUSED

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
    thinking_token_budget: int | None = Field(
        None, ge=-1, le=MOST_TOKENS, description="The most tokens of thinking; -1 for any."
    )
    add_special_tokens: bool | None = Field(
        None, description="Whether to add the model's control tokens to the prompt."
    )
    truncate_prompt_tokens: int | None = Field(
        None,
        ge=-1,
        le=MOST_TOKENS,
        description="Keep so many tokens of a longer prompt; -1 for as many as fit.",
    )
    truncation_side: Literal["left", "right"] | None = Field(
        None, description="Where a longer prompt is cut."
    )
    allowed_token_ids: list[TokenId] | None = Field(
        None, min_length=1, max_length=4096, description="The only tokens that may be chosen."
    )
    prompt_logprobs: int | None = Field(
        None, ge=0, le=20, description="Tell the same of the prompt's tokens; not in streams."
    )
    logprob_token_ids: list[TokenId] | None = Field(
        None,
        max_length=128,
        description="With logprobs: of these tokens in place of the likeliest.",
    )
    return_tokens_as_token_ids: bool | None = Field(
        None, description="With logprobs: whether tokens are told as numbers."
    )
    repetition_detection: RepetitionDetection | None = Field(
        None, description="When an answer that only repeats itself is ended."
    )
    stream_interval: int | None = Field(
        None, ge=1, le=1024, description="Tokens of each event of a stream."
    )


class EngineChatFields(EngineFields, TemplateFields):
    """Of chat alone."""

    reasoning_effort: Effort | None = Field(None, description=REASONING_EFFORT)
    include_reasoning: bool | None = Field(
        None, description="Whether to send the model's thinking as well."
    )
    add_generation_prompt: bool | None = Field(
        None, description="Whether the answer begins a new turn."
    )
    echo: bool | None = Field(
        None, description="Whether the answer begins with the last message, if it is of its role."
    )
    documents: list[dict[str, str]] | None = Field(
        None, max_length=256, description="What the model's chat template may show as sources."
    )
    return_prompt_text: bool | None = Field(
        None, description="Whether to tell what the chat template made of the messages."
    )
