"""What OpenAI's newer API lets a client send to /v1/responses.

Its service keeps answers, conversations and templates of prompts, and runs tools of its own. Here
nothing is kept: what would need it is refused, with the reason, and `store` has no effect. Tools
that the service would run are left out, as the engines do, because nothing here runs them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

import orjson
from pydantic import BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator

from chutekit.engines import grammars, sse
from chutekit.engines.chat import (
    MAX_TOOLS,
    Echoed,
    InlineUrl,
    StreamOptions,
    ToolName,
)
from chutekit.engines.grammars import FreeForm, Schema
from chutekit.engines.pictures import Shown, Untaken
from chutekit.engines.prompts import LARGEST, MOST_TOKENS
from chutekit.engines.request import STREAM, TEMPERATURE, TOP_P, UNUSED, EngineRequest

#: A turn of an agent is its thinking, its call, the result, and a message.
ITEMS_OF_A_TURN = 4
KEPT_NOWHERE = "is not possible here, because nothing is kept: send the whole conversation as input"
REFUSED = {
    "background": "is not possible here, because nothing is kept; leave it out, or stream",
    "conversation": KEPT_NOWHERE,
    "previous_response_id": KEPT_NOWHERE,
    "prompt": "is not possible here, because no templates are kept; send the text as input",
    "moderation": "is not possible here, because nothing here moderates",
    "context_management": "is not possible here; shorten the input instead",
}


def _failure(told: dict[str, Any]) -> bytes:
    """The event `error`: as OpenAI documents it, and with what makes its clients raise."""
    error = told["error"]
    flat = {name: error[name] for name in ("code", "message", "param")}
    return b"event: error\ndata: " + orjson.dumps({"type": "error"} | flat | told) + sse.END


EVENTS = sse.Events(
    begin=b"event:",
    last=(b"event: response.completed\n", b"event: response.incomplete\n"),
    failed=(b"event: error\n", b"event: response.failed\n"),
    failure=_failure,
)


class TextIn(Echoed):
    """A piece of text for the model."""

    type: Literal["input_text"]
    text: str


class TextOut(Echoed):
    """A piece of an earlier answer."""

    type: Literal["output_text"]
    text: str


class RefusalOut(Echoed):
    """What the model said instead of answering."""

    type: Literal["refusal"]
    refusal: str


class ImageIn(Shown, Echoed):
    """A picture inside of the request itself; `pictures` measures it."""

    HELD: ClassVar[str] = "image_url"

    type: Literal["input_image"]
    image_url: InlineUrl
    detail: Literal["auto", "low", "high", "original"] | None = None


class UntakenIn(Untaken, Echoed):
    """A sound, a film or a document, which no chute of this kind takes."""

    type: Literal["input_audio", "input_video", "input_file"]


Given = Annotated[TextIn | ImageIn | UntakenIn, Field(discriminator="type")]
Part = Annotated[TextIn | ImageIn | UntakenIn | TextOut | RefusalOut, Field(discriminator="type")]


class MessageItem(Echoed):
    """A message of the application, of the person asking, or an earlier answer."""

    type: Literal["message"]
    role: Literal["system", "developer", "user", "assistant"]
    content: str | list[Part]
    id: str | None = None
    status: Literal["in_progress", "completed", "incomplete"] | None = None


class Thought(Echoed):
    """A piece of thinking, or of its summary."""

    type: Literal["reasoning_text", "summary_text"]
    text: str


class ReasoningItem(Echoed):
    """What the model thought in an earlier turn."""

    type: Literal["reasoning"]
    id: str | None = None
    summary: list[Thought]
    content: list[Thought] | None = None
    encrypted_content: str | None = None


class FunctionCallItem(Echoed):
    """A call that the model asked for, its arguments as JSON text."""

    type: Literal["function_call"]
    call_id: str
    name: str
    arguments: str
    id: str | None = None
    namespace: str | None = None


class FunctionResultItem(Echoed):
    """What the function returned."""

    type: Literal["function_call_output"]
    call_id: str
    output: str | list[Given]


class CustomCallItem(Echoed):
    """A call whose input is any text."""

    type: Literal["custom_tool_call"]
    call_id: str
    name: str
    input: str
    id: str | None = None


class CustomResultItem(Echoed):
    """What that call returned."""

    type: Literal["custom_tool_call_output"]
    call_id: str
    output: str | list[Given]


class ItemReference(Echoed):
    """An item that OpenAI's service has kept."""

    type: Literal["item_reference"]
    id: str

    @field_validator("id")
    @classmethod
    def _is_nowhere(cls, _: str) -> str:
        raise ValueError("is nowhere, because nothing is kept: send the item itself")


def _with_what_engines_need(item: Any) -> Any:
    """Name what a message is, and give thinking its summary: clients may leave out either."""
    if isinstance(item, dict) and "role" in item and "type" not in item:
        return item | {"type": "message"}
    if isinstance(item, dict) and item.get("type") == "reasoning" and "summary" not in item:
        return item | {"summary": []}
    return item


Item = Annotated[
    Annotated[
        MessageItem
        | ReasoningItem
        | FunctionCallItem
        | FunctionResultItem
        | CustomCallItem
        | CustomResultItem
        | ItemReference,
        Field(discriminator="type"),
    ],
    BeforeValidator(_with_what_engines_need),
]


class FunctionTool(Echoed):
    """A function the model may call; its parameters are a JSON Schema."""

    type: Literal["function"]
    name: ToolName
    description: str | None = None
    parameters: Schema | None = None
    strict: bool | None = None


class CustomTool(Echoed):
    """A tool that gets any text."""

    type: Literal["custom"]
    name: ToolName
    description: str | None = None
    format: Schema | None = None


class NamespaceTool(Echoed):
    """Tools that belong together."""

    type: Literal["namespace"]
    name: ToolName
    description: str
    tools: list[Annotated[FunctionTool | CustomTool, Field(discriminator="type")]] = Field(
        max_length=MAX_TOOLS
    )


#: Tools that OpenAI's service runs by itself.
HOSTED: TypeAlias = Literal[
    "web_search",
    "web_search_2025_08_26",
    "web_search_preview",
    "web_search_preview_2025_03_11",
    "file_search",
    "code_interpreter",
    "image_generation",
    "computer",
    "computer_use_preview",
    "local_shell",
    "shell",
    "apply_patch",
    "mcp",
    "tool_search",
]


class HostedTool(Echoed):
    """A tool that OpenAI's service runs by itself, and that is left out here."""

    type: HOSTED


Tool = Annotated[
    FunctionTool | CustomTool | NamespaceTool | HostedTool, Field(discriminator="type")
]


class NamedTool(Echoed):
    """The one tool that the model must use."""

    type: Literal["function", "custom"]
    name: ToolName


class PlainFormat(Echoed):
    """Any text, or any JSON object."""

    type: Literal["text", "json_object"]


class SchemaFormat(Echoed):
    """JSON that follows a schema."""

    type: Literal["json_schema"]
    name: ToolName
    schema_: Schema = Field(alias="schema")
    description: str | None = None
    strict: bool | None = None


class TextSettings(Echoed):
    """What the text of an answer looks like."""

    format: Annotated[PlainFormat | SchemaFormat, Field(discriminator="type")] | None = None
    verbosity: Literal["low", "medium", "high"] | None = None


class Reasoning(Echoed):
    """How a model thinks."""

    effort: Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"] | None = None
    summary: Literal["auto", "concise", "detailed"] | None = None


class ResponsesFields(EngineRequest):
    """OpenAI's fields of POST /v1/responses."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"input": "Reply with one short sentence.", "max_output_tokens": 64}]
        }
    )
    NOT_PASSED_ON = frozenset(
        {
            "user",
            "store",
            "service_tier",
            "safety_identifier",
            "prompt_cache_key",
            "prompt_cache_retention",
            "prompt_cache_options",
            "client_metadata",
            "stream_options",
        }
    )
    REFUSED: ClassVar[Mapping[str, str]] = REFUSED
    EVENTS: ClassVar[sse.Events] = EVENTS

    input: str | list[Item] = Field(description="What was said so far, as a text or as items.")
    instructions: str | None = Field(None, description="A message before all others.")
    stream: bool | None = STREAM
    stream_options: StreamOptions | None = Field(None, description="Without effect.")
    max_output_tokens: int | None = Field(
        None,
        ge=1,
        le=MOST_TOKENS,
        description="The most tokens of an answer, thinking included.",
    )
    max_tool_calls: int | None = Field(None, ge=1, le=LARGEST, description=UNUSED)
    temperature: float | None = TEMPERATURE
    top_p: float | None = TOP_P
    top_logprobs: int | None = Field(
        None, ge=0, le=20, description="Of how many other tokens to tell the probability."
    )
    presence_penalty: float | None = Field(
        None, ge=-2, le=2, description="Above 0: fewer tokens that were used before."
    )
    frequency_penalty: float | None = Field(
        None, ge=-2, le=2, description="Above 0: fewer tokens that were used often."
    )
    text: TextSettings | None = Field(
        None, description="Any text, any JSON object, or JSON that follows a schema."
    )
    reasoning: Reasoning | None = Field(None, description="How much a model thinks.")
    tools: list[Tool] | None = Field(
        None, max_length=MAX_TOOLS, description="What the model may call."
    )
    tool_choice: Literal["none", "auto", "required"] | NamedTool | None = Field(
        None, description="Whether, or which, function must be called."
    )
    parallel_tool_calls: bool | None = Field(
        None, description="Whether several functions may be called at once."
    )
    truncation: Literal["auto", "disabled"] | None = Field(
        None, description="What becomes of an input that is too long: shortened, or refused."
    )
    include: (
        list[
            Literal[
                "code_interpreter_call.outputs",
                "computer_call_output.output.image_url",
                "file_search_call.results",
                "message.input_image.image_url",
                "message.output_text.logprobs",
                "reasoning.encrypted_content",
                "web_search_call.action.sources",
                "web_search_call.results",
            ]
        ]
        | None
    ) = Field(None, description="What else to tell.")
    metadata: Annotated[dict[str, str], Field(max_length=16)] | None = Field(
        None, description="Comes back as it is."
    )
    store: bool | None = Field(None, description="Without effect: nothing is kept.")
    user: str | None = Field(None, max_length=512, description=UNUSED)
    service_tier: str | None = Field(None, description=UNUSED)
    safety_identifier: str | None = Field(None, description=UNUSED)
    prompt_cache_key: str | None = Field(None, description=UNUSED)
    prompt_cache_retention: str | None = Field(None, description=UNUSED)
    prompt_cache_options: FreeForm | None = Field(None, description=UNUSED)
    client_metadata: FreeForm | None = Field(None, description=UNUSED)

    @field_validator("input")
    @classmethod
    def _bounded(cls, given: str | list[Item]) -> str | list[Item]:
        limits = cls.LIMITS
        if not given:
            raise ValueError("must not be empty")
        if not isinstance(given, str) and len(given) > (most := limits.messages * ITEMS_OF_A_TURN):
            raise ValueError(f"must hold at most {most} items")
        limits.check(_characters(given))
        return given

    @field_validator("instructions")
    @classmethod
    def _short(cls, text: str | None) -> str | None:
        cls.LIMITS.check(len(text or ""))
        return text

    @field_validator("max_output_tokens")
    @classmethod
    def _within_the_context(cls, tokens: int | None) -> int | None:
        if tokens is not None and tokens > cls.LIMITS.context_length:
            raise ValueError(f"must be at most {cls.LIMITS.context_length}")
        return tokens

    @field_validator("tools")
    @classmethod
    def _that_something_runs(cls, tools: list[Tool] | None) -> list[Tool] | None:
        run: list[Tool] = [tool for tool in tools or () if not isinstance(tool, HostedTool)]
        grammars.of_tools(_schemas(run))
        return run or None

    @field_validator("include")
    @classmethod
    def _of_what_there_is(cls, include: list[str] | None) -> list[str] | None:
        # Not all engines know the newer names, and none has a web search.
        return [name for name in include or () if not name.startswith("web_search_call.")] or None

    @field_validator("tool_choice")
    @classmethod
    def _of_tools(cls, choice: Any, info: ValidationInfo) -> Any:
        if info.data.get("tools", True):
            return choice
        if choice not in (None, "none", "auto"):
            raise ValueError("is only allowed when tools are given")
        return None

    @property
    def repeatable(self) -> bool:
        """Whether nothing is left to chance."""
        return self.temperature == 0

    def upstream(self, model: str) -> dict[str, Any]:
        """Return the body for the engine, which keeps nothing."""
        return super().upstream(model) | {"store": False}


def _schemas(tools: Iterable[Tool]) -> Iterator[Any]:
    """What the engine may make grammars of."""
    for tool in tools:
        if isinstance(tool, NamespaceTool):
            yield from _schemas(tool.tools)
        elif isinstance(tool, FunctionTool):
            yield tool.parameters
        elif isinstance(tool, CustomTool):
            yield tool.format


def _characters(given: str | list[Any]) -> int:
    """How much text there is."""
    if isinstance(given, str):
        return len(given)
    pieces: list[Any] = []
    for item in given:
        for name in ("content", "output", "arguments", "input", "summary"):
            value = getattr(item, name, None)
            pieces += value if isinstance(value, list) else [value]
    texts = (one if isinstance(one, str) else getattr(one, "text", None) for one in pieces)
    return sum(len(text) for text in texts if text)
