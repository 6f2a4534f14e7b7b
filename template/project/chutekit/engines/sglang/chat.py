"""What SGLang understands beyond OpenAI's API and this chute lets through.

`refused.py` lists what is left out, and why.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from chutekit.engines.grammars import FreeForm, Grammar, Regex
from chutekit.engines.sampling import REASONING_EFFORT, Effort, SamplingFields, TemplateFields
from chutekit.engines.sglang.refused import REFUSED

# A part of the most is SGLang's own, and so is the tier above it.
EngineEffort = Literal["ultra"] | Annotated[float, Field(ge=0, le=0.99)]


class EngineFields(SamplingFields):
    """SGLang's own, for both endpoints."""

    REFUSED: ClassVar[Mapping[str, str]] = REFUSED

    no_stop_trim: bool | None = Field(
        None, description="Whether the text that ended the answer is part of it."
    )
    regex: Regex | None = Field(
        None, description="A regular expression that the answer must match."
    )
    ebnf: Grammar | None = Field(None, description="A grammar that the answer must follow.")
    return_cached_tokens_details: bool | None = Field(
        None, description="Whether to tell what of the prompt a cache held."
    )
    return_spec_tokens_details: bool | None = Field(
        None, description="Whether to tell how well tokens were guessed ahead."
    )


class EngineChatFields(EngineFields, TemplateFields):
    """Of chat alone."""

    reasoning_effort: Effort | EngineEffort | None = Field(None, description=REASONING_EFFORT)
    thinking: FreeForm | None = Field(
        None, description='How to think, such as {"type": "adaptive"}, of models that know it.'
    )
    separate_reasoning: bool | None = Field(
        None, description="Whether thinking comes apart from the answer."
    )
    stream_reasoning: bool | None = Field(
        None, description="Whether to stream the thinking as well."
    )
    return_prompt_token_ids: bool | None = Field(
        None, description="Whether to tell the ids of the prompt's tokens as well."
    )
    return_input_ids_in_sglext: bool | None = Field(
        None, description="Whether to tell them beside the choices."
    )
    return_output_ids_in_sglext: bool | None = Field(
        None, description="Whether to tell those of the answer beside the choices."
    )
    task: Literal["action", "query", "authority", "domain", "title", "read_url"] | None = Field(
        None, description="A short question that DeepSeek's models know."
    )
