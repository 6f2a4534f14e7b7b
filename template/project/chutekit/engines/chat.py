"""What OpenAI's API lets a client send to /v1/chat/completions and /v1/completions.

Strict: no type coercion, no unknown field at the top. `chute.py` sets the limits of this chute on
top, and `chat.py` beside an engine's `launch.py` adds what the engine understands beyond OpenAI.
Fields of OpenAI's that only concern its own service are accepted and not passed on; those that
would change the answer but that no engine here implements are refused, so that nobody believes they
worked. Inside of messages and tools, where clients echo what they got from any service and add
notes of their own, unknown fields are dropped.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from chutekit.engines import grammars
from chutekit.engines.engine import WarmUp
from chutekit.engines.grammars import FreeForm, Schema
from chutekit.engines.pictures import Shown, Untaken
from chutekit.engines.prompts import LARGEST, MOST_TOKENS, how_many
from chutekit.engines.request import STREAM, TEMPERATURE, TOP_P, UNUSED, EngineRequest
from chutekit.serving.contract import RequestModel

# OpenAI's own service takes 4 and a temperature of 2; the engines take more.
MAX_STOPS = 64
MAX_TOOLS = 128

WARM_UP = WarmUp(
    "/v1/completions", {"prompt": "Hello", "max_tokens": 4, "temperature": 0}, "completion_tokens"
)


def _inline(url: str) -> str:
    if not url.startswith("data:"):
        raise ValueError("must be a data: URL, because instances cannot reach the network")
    return url


def only_with(other: str, sentence: str) -> AfterValidator:
    """Refuse a value, unless it is none, where the field `other`, before it, is off or empty."""

    def check(value: Any, info: ValidationInfo) -> Any:
        if value not in (None, "none") and not info.data.get(other, True):
            raise ValueError(sentence)
        return value

    return AfterValidator(check)


InlineUrl = Annotated[str, AfterValidator(_inline)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]
# Anthropic's clients have longer names of tools than OpenAI's, and the engines take any.
ToolName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,128}$")]
StopText = Annotated[str, Field(min_length=1, max_length=256)]
TokenBias = Annotated[float, Field(ge=-100, le=100)]
#: A token's id as the name of a field; the engines convert whatever is there.
TokenName = Annotated[str, Field(pattern=r"^[0-9]{1,10}$")]


class Echoed(RequestModel):
    """A part of a conversation or a tool: known fields are checked, others dropped.

    litellm echoes `provider_specific_fields`, openai's own clients `parsed` and
    `parsed_arguments`, others `reasoning_details`, `annotations` or `cache_control`.
    """

    model_config = ConfigDict(extra="ignore")


class TextPart(Echoed):
    """A piece of text."""

    type: Literal["text"]
    text: str


class PictureUrl(Shown, Echoed):
    """A picture inside of the request itself; `pictures` measures it."""

    url: InlineUrl
    detail: Literal["auto", "low", "high"] | None = None


class ImagePart(Echoed):
    """A picture."""

    type: Literal["image_url"]
    image_url: PictureUrl


class UntakenPart(Untaken, Echoed):
    """A sound, a film or a document, which no chute of this kind takes."""

    type: Literal["input_audio", "audio_url", "video_url", "file"]


class RefusalPart(Echoed):
    """What an assistant said instead of answering."""

    type: Literal["refusal"]
    refusal: str


Part = Annotated[TextPart | ImagePart | UntakenPart | RefusalPart, Field(discriminator="type")]


class CalledFunction(Echoed):
    """A function and the arguments that the model chose, as JSON text."""

    name: str
    arguments: str


class ToolCall(Echoed):
    """A call that the assistant asked for in an earlier turn."""

    id: str
    type: Literal["function"] = "function"
    function: CalledFunction
    index: int | None = Field(None, ge=0, le=LARGEST)


class Instruction(Echoed):
    """A message of the application."""

    role: Literal["system", "developer"]
    content: str | list[TextPart]
    name: str | None = None


class UserMessage(Echoed):
    """A message of the person asking."""

    role: Literal["user"]
    content: str | Annotated[list[Part], Field(min_length=1)]
    name: str | None = None


class AssistantMessage(Echoed):
    """An earlier answer; only of reasoning, or of nothing, when it was cut short."""

    role: Literal["assistant"]
    content: str | list[Part] | None = None
    name: str | None = None
    tool_calls: list[ToolCall] | None = None
    refusal: str | None = None
    reasoning: str | None = None
    reasoning_content: str | None = None


class ToolMessage(Echoed):
    """What a called function returned."""

    role: Literal["tool"]
    content: str | list[TextPart]
    tool_call_id: str
    name: str | None = None


Message = Annotated[
    Instruction | UserMessage | AssistantMessage | ToolMessage, Field(discriminator="role")
]


def characters(messages: list[Message]) -> int:
    """Return how much text the messages hold."""
    return sum(
        len(message.content)
        if isinstance(message.content, str)
        else sum(len(part.text) for part in message.content or () if part.type == "text")
        for message in messages
    )


class FunctionDefinition(Echoed):
    """A function the model may call; its parameters are a JSON Schema."""

    name: Name
    description: str | None = None
    parameters: Schema | None = None
    strict: bool | None = None


class Tool(Echoed):
    """Something the model may use."""

    type: Literal["function"]
    function: FunctionDefinition


class NamedFunction(RequestModel):
    """The name of one function."""

    name: Name


class NamedTool(RequestModel):
    """The one tool that the model must use."""

    type: Literal["function"]
    function: NamedFunction


class JsonSchema(RequestModel):
    """A named JSON Schema that the answer must follow."""

    name: Name
    description: str | None = None
    schema_: Schema | None = Field(None, alias="schema")
    strict: bool | None = None


class PlainFormat(RequestModel):
    """Any text, or any JSON object."""

    type: Literal["text", "json_object"]


class SchemaFormat(RequestModel):
    """JSON that follows a schema."""

    type: Literal["json_schema"]
    json_schema: JsonSchema


class Tagged(RequestModel):
    """JSON between two texts."""

    begin: str = Field(max_length=256)
    schema_: Schema | None = Field(None, alias="schema")
    end: str = Field(max_length=256)


class TagFormat(RequestModel):
    """Text in which certain places follow a schema; the engines' addition to OpenAI's formats."""

    type: Literal["structural_tag"]
    format: Schema | None = None
    structures: list[Tagged] | None = Field(None, max_length=MAX_TOOLS)
    triggers: list[StopText] | None = Field(None, max_length=MAX_TOOLS)

    @field_validator("structures")
    @classmethod
    def _in_time(cls, structures: list[Tagged] | None) -> list[Tagged] | None:
        grammars.together(one.schema_ for one in structures or ())
        return structures


def _schema_named(wanted: Any) -> Any:
    """Read a schema beside `json_object`, as instructor's JavaScript sends it, as OpenAI's form."""
    match wanted:
        case {"type": "json_object", "schema": dict(schema)}:
            return {"type": "json_schema", "json_schema": {"name": "reply", "schema": schema}}
    return wanted


ResponseFormat = Annotated[
    Annotated[PlainFormat | SchemaFormat | TagFormat, Field(discriminator="type")],
    BeforeValidator(_schema_named),
]


class StreamOptions(RequestModel):
    """What a stream tells besides tokens. The platform's gateway sets both to true for billing."""

    include_usage: bool | None = None
    include_obfuscation: bool | None = None
    continuous_usage_stats: bool | None = None


class SamplingRequest(EngineRequest):
    """The fields that both endpoints share."""

    NOT_PASSED_ON = frozenset({"user"})

    stream: bool | None = STREAM
    stream_options: Annotated[
        StreamOptions | None, only_with("stream", "is only allowed when stream is true")
    ] = Field(None, description="What events tell besides text.")
    max_tokens: int | None = Field(None, ge=1, le=MOST_TOKENS)
    temperature: float | None = TEMPERATURE
    top_p: float | None = TOP_P
    presence_penalty: float | None = Field(
        0, ge=-2, le=2, description="Above 0: fewer tokens that were used before."
    )
    frequency_penalty: float | None = Field(
        0, ge=-2, le=2, description="Above 0: fewer tokens that were used often."
    )
    n: int | None = Field(None, ge=1, le=128)
    seed: int | None = Field(
        None, ge=-(2**63), le=2**63 - 1, description="The same seed makes the same choices."
    )
    stop: StopText | Annotated[list[StopText], Field(max_length=MAX_STOPS)] | None = Field(
        None, description="Texts before which the answer ends."
    )
    logit_bias: dict[TokenName, TokenBias] | None = Field(
        None, max_length=300, description="By token id, how much likelier a token becomes."
    )
    user: str | None = Field(None, max_length=512, description=UNUSED)

    @property
    def repeatable(self) -> bool:
        """Whether nothing is left to chance."""
        return self.temperature == 0 or self.seed is not None


class ChatFields(SamplingRequest):
    """OpenAI's fields of POST /v1/chat/completions."""

    NOT_PASSED_ON = SamplingRequest.NOT_PASSED_ON | {
        "metadata",
        "store",
        "service_tier",
        "safety_identifier",
        "prompt_cache_key",
        "prompt_cache_retention",
        "verbosity",
        "modalities",
    }

    messages: list[Message] = Field(min_length=1)
    max_completion_tokens: int | None = Field(None, ge=1, le=MOST_TOKENS)
    logprobs: bool | None = Field(
        False, description="Whether to tell the probability of each token."
    )
    top_logprobs: Annotated[
        int | None, only_with("logprobs", "is only allowed when logprobs is true")
    ] = Field(None, ge=0, le=20, description="With logprobs: of how many other tokens as well.")
    tools: list[Tool] | None = Field(
        None,
        max_length=MAX_TOOLS,
        description="Functions that the model may call; an empty list is none.",
    )
    tool_choice: Annotated[
        Literal["none", "auto", "required"] | NamedTool | None,
        only_with("tools", "is only allowed when tools are given"),
    ] = Field(None, description="Whether, or which, function must be called.")
    parallel_tool_calls: bool | None = Field(
        None, description="Whether several functions may be called at once."
    )
    response_format: ResponseFormat | None = Field(
        None, description="Text, any JSON object, or JSON that follows a schema."
    )
    modalities: list[Literal["text"]] | None = Field(None, description="Text is all there is.")
    metadata: FreeForm | None = Field(None, description=UNUSED)
    store: bool | None = Field(None, description=UNUSED)
    service_tier: str | None = Field(None, description=UNUSED)
    safety_identifier: str | None = Field(None, description=UNUSED)
    prompt_cache_key: str | None = Field(None, description=UNUSED)
    prompt_cache_retention: str | None = Field(None, description=UNUSED)
    verbosity: Literal["low", "medium", "high"] | None = Field(None, description=UNUSED)

    @field_validator("tools")
    @classmethod
    def _in_time(cls, tools: list[Tool] | None) -> list[Tool] | None:
        grammars.of_tools(tool.function.parameters for tool in tools or ())
        return tools or None


class CompletionFields(SamplingRequest):
    """OpenAI's fields of POST /v1/completions."""

    #: The platform's gateway adds `top_logprobs` wherever `logprobs` is set, and here it means
    #: nothing.
    NOT_PASSED_ON = SamplingRequest.NOT_PASSED_ON | {"top_logprobs", "best_of"}

    prompt: str | list[str] | list[int] | list[list[int]]
    best_of: Literal[1] | None = Field(None, description="Always 1.")
    echo: bool | None = Field(False, description="Whether the answer begins with the prompt.")
    logprobs: int | None = Field(
        None, ge=0, le=20, description="Tell the probability of each token and of so many others."
    )
    top_logprobs: Annotated[
        Literal[1] | None, only_with("logprobs", "is no field of this endpoint; see logprobs")
    ] = Field(None, description="Without effect; see logprobs.")
    response_format: ResponseFormat | None = Field(
        None, description="Text, any JSON object, or JSON that follows a schema."
    )

    @model_validator(mode="after")
    def _in_time(self) -> Self:
        rules = (self.response_format, getattr(self, "structured_outputs", None))
        given = [rule.model_dump(by_alias=True, exclude_none=True) for rule in rules if rule]
        try:
            grammars.of_each(given, how_many(self.prompt))
        except ValueError as error:
            raise ValueError(f"what the answer must follow, for each prompt, {error}") from None
        return self
