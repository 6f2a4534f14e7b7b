"""What SGLang understands beyond OpenAI's API and this chute lets through.

Left out on purpose: fields that load files, run code of the client's own, change the scheduling of
other requests, or return what only the operator should see.
"""

from __future__ import annotations

from pydantic import Field

from chutekit.engines.sampling import SamplingFields, TemplateFields


class EngineFields(SamplingFields):
    """SGLang's own, for both endpoints."""

    no_stop_trim: bool | None = Field(
        None, description="Whether the text that ended the answer is part of it."
    )
    regex: str | None = Field(
        None, max_length=4096, description="A regular expression that the answer must match."
    )
    ebnf: str | None = Field(
        None, max_length=65536, description="A grammar that the answer must follow."
    )


class EngineChatFields(EngineFields, TemplateFields):
    """Of chat alone."""

    separate_reasoning: bool | None = Field(
        None, description="Whether thinking comes apart from the answer."
    )
    stream_reasoning: bool | None = Field(
        None, description="Whether to stream the thinking as well."
    )
