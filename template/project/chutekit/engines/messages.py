"""What Anthropic's API lets a client send to /v1/messages and /v1/messages/count_tokens.

Tools that its service would run are left out, because nothing here runs them; so is what says only
how its service keeps or bills.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    ConfigDict,
    Discriminator,
    Field,
    JsonValue,
    Tag,
    ValidationInfo,
    field_validator,
)

from chutekit.engines import grammars, sse
from chutekit.engines.chat import (
    MAX_STOPS,
    MAX_TOOLS,
    Echoed,
    InlineUrl,
    StopText,
    StreamOptions,
    ToolName,
)
from chutekit.engines.grammars import FreeForm, Schema
from chutekit.engines.pictures import Shown, Untaken
from chutekit.engines.prompts import LARGEST, MOST_TOKENS
from chutekit.engines.request import STREAM, TEMPERATURE, TOP_P, UNUSED, EngineRequest
from chutekit.serving import errors

REFUSED = {
    "container": "is not possible here, because nothing here runs code",
    "mcp_servers": "is not possible here, because nothing here calls other servers",
    "output_format": "is the older name of output_config.format; send that",
}
# Such as `web_search_20250305`.
HOSTED = re.compile(r"_20\d{6}$")
EVENTS = sse.Events(
    begin=b"event:",
    last=(b"event: message_stop\n",),
    failed=(b"event: error\n",),
    failure=sse.named,
)


def told(refusal: errors.Refusal, request_id: str) -> dict[str, Any]:
    """Return the body of an error as Anthropic's clients read it, with what ours tells beside."""
    error = errors.body(refusal, request_id)["error"]
    if refusal.status >= 500:
        error["type"] = "api_error"
    return {"error": error, "type": "error", "request_id": request_id}


class TextBlock(Echoed):
    """A piece of text."""

    type: Literal["text"]
    text: str


class InlineSource(Shown, Echoed):
    """A picture as base64; `pictures` measures it."""

    HELD: ClassVar[str] = "data"

    type: Literal["base64"]
    media_type: Annotated[str, Field(pattern=r"^image/[a-z0-9.+-]{1,32}$")]
    data: str

    def encoded(self) -> tuple[str, str]:
        """Its media type and its base64."""
        return self.media_type, self.data


class UrlSource(Shown, Echoed):
    """A picture as a data URL."""

    type: Literal["url"]
    url: InlineUrl


class ImageBlock(Echoed):
    """A picture."""

    type: Literal["image"]
    source: Annotated[InlineSource | UrlSource, Field(discriminator="type")]


class UntakenBlock(Untaken, Echoed):
    """A document, which no chute of this kind takes."""

    type: Literal["document"]


class ToolUseBlock(Echoed):
    """A call that the model asked for."""

    type: Literal["tool_use"]
    id: str
    name: str
    input: FreeForm


class ToolReference(Echoed):
    """A tool that was found by searching."""

    type: Literal["tool_reference"]
    tool_name: str


Result = Annotated[
    TextBlock | ImageBlock | UntakenBlock | ToolReference, Field(discriminator="type")
]


class ToolResultBlock(Echoed):
    """What a called tool returned."""

    type: Literal["tool_result"]
    tool_use_id: str
    content: str | list[Result] | None = None
    is_error: bool | None = None


class ThinkingBlock(Echoed):
    """What the model thought in an earlier turn."""

    type: Literal["thinking"]
    thinking: str
    signature: str | None = None


class RedactedThinkingBlock(Echoed):
    """Thinking that Anthropic's service hides."""

    type: Literal["redacted_thinking"]
    data: str


Block = Annotated[
    TextBlock
    | ImageBlock
    | UntakenBlock
    | ToolUseBlock
    | ToolResultBlock
    | ThinkingBlock
    | RedactedThinkingBlock,
    Field(discriminator="type"),
]


class Message(Echoed):
    """A message of the person asking, an earlier answer, or one of the application in between."""

    role: Literal["user", "assistant", "system"]
    content: str | list[Block]


class CustomTool(Echoed):
    """A tool that the client runs; its input is a JSON Schema."""

    type: Literal["custom"] | None = None
    name: ToolName
    description: str | None = None
    input_schema: Schema
    strict: bool | None = None
    defer_loading: bool | None = None


class HostedTool(Echoed):
    """A tool that Anthropic's service or its models know, and that is left out here."""

    type: str
    name: str


def _kind_of_tool(tool: Any) -> str:
    kind = tool.get("type") if isinstance(tool, dict) else getattr(tool, "type", None)
    return "hosted" if isinstance(kind, str) and HOSTED.search(kind) else "custom"


Tool = Annotated[
    Annotated[CustomTool, Tag("custom")] | Annotated[HostedTool, Tag("hosted")],
    Discriminator(_kind_of_tool),
]


class ToolChoice(Echoed):
    """Whether, or which, tool must be called."""

    type: Literal["auto", "any", "tool", "none"]
    name: ToolName | None = Field(None, validate_default=True)
    disable_parallel_tool_use: bool | None = None

    @field_validator("name")
    @classmethod
    def _of_one(cls, name: str | None, info: ValidationInfo) -> str | None:
        if name is None and info.data.get("type") == "tool":
            raise ValueError("is required when type is tool")
        return name


Display = Literal["summarized", "omitted", "updates"]


class ThinkingOn(Echoed):
    """Thinking, with the most tokens of it."""

    type: Literal["enabled"]
    budget_tokens: int = Field(ge=1024, le=MOST_TOKENS)
    display: Display | None = None


class ThinkingAdaptive(Echoed):
    """As much thinking as the model likes."""

    type: Literal["adaptive"]
    display: Display | None = None


class ThinkingOff(Echoed):
    """No thinking."""

    type: Literal["disabled"]


Thinking = Annotated[ThinkingOn | ThinkingAdaptive | ThinkingOff, Field(discriminator="type")]


class SchemaFormat(Echoed):
    """JSON that follows a schema."""

    type: Literal["json_schema"]
    schema_: Schema = Field(alias="schema")


class OutputSettings(Echoed):
    """How much effort an answer takes, and what it looks like."""

    effort: Literal["low", "medium", "high", "xhigh", "max"] | None = None
    format: SchemaFormat | None = None


HELLO: JsonValue = {"role": "user", "content": "Reply with one short sentence about the sea."}


class CountFields(EngineRequest):
    """Anthropic's fields of POST /v1/messages/count_tokens."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"messages": [HELLO]}]})
    NOT_PASSED_ON = frozenset({"betas", "cache_control", "context_management", "speed"})
    REFUSED: ClassVar[Mapping[str, str]] = REFUSED
    ERRORS: ClassVar[errors.Told] = staticmethod(told)
    EVENTS: ClassVar[sse.Events] = EVENTS

    messages: list[Message] = Field(min_length=1, description="The conversation so far.")
    system: str | list[TextBlock] | None = Field(None, description="A message before all others.")
    tools: list[Tool] | None = Field(
        None, max_length=MAX_TOOLS, description="What the model may call."
    )
    tool_choice: ToolChoice | None = Field(
        None, description="Whether, or which, tool must be called."
    )
    thinking: Thinking | None = Field(None, description="Whether, and how much, a model thinks.")
    output_config: OutputSettings | None = Field(
        None, description="How much effort an answer takes, and what it looks like."
    )
    betas: list[str] | None = Field(None, description=UNUSED)
    cache_control: FreeForm | None = Field(None, description=UNUSED)
    context_management: FreeForm | None = Field(None, description=UNUSED)
    speed: str | None = Field(None, description=UNUSED)

    @field_validator("messages")
    @classmethod
    def _bounded(cls, messages: list[Message]) -> list[Message]:
        limits = cls.LIMITS
        if len(messages) > limits.messages:
            raise ValueError(f"must hold at most {limits.messages} messages")
        limits.check(sum(_characters(message.content) for message in messages))
        return messages

    @field_validator("system")
    @classmethod
    def _short(cls, system: str | list[TextBlock] | None) -> str | list[TextBlock] | None:
        cls.LIMITS.check(_characters(system))
        return system

    @field_validator("tools")
    @classmethod
    def _that_the_client_runs(cls, tools: list[Any] | None) -> list[Any] | None:
        run = [tool for tool in tools or () if isinstance(tool, CustomTool)]
        grammars.of_tools(tool.input_schema for tool in run)
        return run or None

    @field_validator("tool_choice")
    @classmethod
    def _of_tools(cls, choice: ToolChoice | None, info: ValidationInfo) -> ToolChoice | None:
        if info.data.get("tools", True):
            return choice
        if choice and choice.type in ("any", "tool"):
            raise ValueError("is only allowed when tools are given")
        return None

    @property
    def repeatable(self) -> bool:
        """Always: a conversation has one length."""
        return True


class MessagesFields(CountFields):
    """Anthropic's fields of POST /v1/messages."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"messages": [HELLO], "max_tokens": 64}]}
    )
    NOT_PASSED_ON = CountFields.NOT_PASSED_ON | {
        "metadata",
        "service_tier",
        "inference_geo",
        "stream_options",
    }

    max_tokens: int = Field(
        ge=1, le=MOST_TOKENS, description="The most tokens of an answer, thinking included."
    )
    stream: bool | None = STREAM
    stream_options: StreamOptions | None = Field(
        None, description="No field of this API: the platform adds it, and it has no effect."
    )
    stop_sequences: Annotated[list[StopText], Field(max_length=MAX_STOPS)] | None = Field(
        None, description="Texts before which the answer ends."
    )
    temperature: float | None = TEMPERATURE
    top_p: float | None = TOP_P
    top_k: int | None = Field(
        None, ge=-1, le=LARGEST, description="Only so many of the likeliest tokens; -1 for all."
    )
    metadata: FreeForm | None = Field(None, description=UNUSED)
    service_tier: str | None = Field(None, description=UNUSED)
    inference_geo: str | None = Field(None, description=UNUSED)

    @field_validator("max_tokens")
    @classmethod
    def _within_the_context(cls, tokens: int) -> int:
        # A client must name a limit, and most take one from a table of Anthropic's own models:
        # pydantic-ai 16,384, litellm 128,000. vLLM refuses more than the context.
        return min(tokens, cls.LIMITS.context_length)

    @property
    def repeatable(self) -> bool:
        """Whether nothing is left to chance."""
        return self.temperature == 0


def _characters(content: str | list[Any] | None) -> int:
    """How much text there is, thinking and results of tools included."""
    if content is None or isinstance(content, str):
        return len(content or "")
    return sum(
        len(getattr(block, "text", None) or getattr(block, "thinking", None) or "")
        + (_characters(block.content) if isinstance(block, ToolResultBlock) else 0)
        for block in content
    )
