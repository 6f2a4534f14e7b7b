"""Each mistake in a cord, its body or its function is one sentence that names its path."""

from collections.abc import Callable
from typing import Annotated, Any

import pytest
from chutekit import WrongUse
from chutekit.engines.chat import ChatFields
from chutekit.engines.embeddings import EmbeddingFields
from chutekit.engines.llm_chute import LlmChute
from chutekit.engines.streaming import StreamCord
from chutekit.serving.app import ServedChute
from chutekit.serving.contract import Job, RequestModel
from chutes.chute.cord import Cord
from pydantic import BaseModel, ConfigDict, Field, field_validator

from support.chutes import GOOD, LLM, Body


class Loose(BaseModel):
    """Takes unknown fields, and numbers as texts."""

    prompt: str


class Relaxed(RequestModel):
    """Derived, and loose again."""

    model_config = ConfigDict(extra="ignore")


class Misnamed(RequestModel):
    """Its example has a field of another name."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"promt": "x"}]})

    prompt: str


class Unbounded(Body):
    """Its default is beyond its bound, which pydantic does not look at."""

    steps: int = Field(100, ge=1, le=60)


class NoExample(RequestModel):
    """The same without an example."""

    prompt: str
    steps: Annotated[int, Field(ge=1, le=60)] = 100


class TooLarge(Body):
    """More pixels by default than it allows."""

    width: int = 1024
    height: int = Field(1024, validate_default=True)

    @field_validator("height")
    @classmethod
    def _bounded(cls, height: int) -> int:
        if height > 512:
            raise ValueError("width times height must be at most 262144")
        return height


@pytest.mark.parametrize(
    ("request_", "sentence"),
    [
        (Loose, "request must be a class derived from RequestModel."),
        (dict, "request must be a class derived from RequestModel."),
        (Body(prompt="x"), "request must be a class derived from RequestModel."),
        (Relaxed, "Relaxed must stay strict and forbid unknown fields."),
        (
            Misnamed,
            "Misnamed refuses its own example: prompt: is required; promt: is not a known field.",
        ),
        (
            Unbounded,
            "Unbounded refuses its own example: steps: input should be less than or equal to 60.",
        ),
        (
            NoExample,
            "NoExample refuses a default of its own: "
            "steps: input should be less than or equal to 60.",
        ),
        (
            TooLarge,
            "TooLarge refuses its own example: height: width times height must be at most 262144.",
        ),
    ],
)
def test_the_body_of_a_cord(request_: Any, sentence: str) -> None:
    chute = ServedChute(**GOOD)
    with pytest.raises(WrongUse) as raised:
        chute.cord(public_api_path="/generate", request=request_)
    assert str(raised.value) == f"The cord at /generate: {sentence}"


def work(self: ServedChute, job: Job[Body]) -> None:
    """A function as it should be."""


def look(self: ServedChute) -> dict[str, Any]:
    """One that takes no body."""
    return {}


@pytest.mark.parametrize(
    ("settings", "function", "sentence"),
    [
        ({"request": Body}, work, "A cord needs public_api_path."),
        (
            {"public_api_path": "/x", "output_contenttype": "image/png"},
            look,
            "The cord at /x has no setting output_contenttype; did you mean output_content_type?",
        ),
        (
            {"public_api_path": "/Generate!", "request": Body},
            work,
            "The cord at /Generate!: /Generate! is no path of the platform's; "
            "it takes a-z, 0-9, _ and -.",
        ),
        (
            {"public_api_path": "/x", "request": Body, "stream": True},
            work,
            "The cord at /x: Body needs a field stream to be streamed.",
        ),
        (
            {"public_api_path": "/x", "request": Body},
            look,
            "The function of the cord at /x must be callable as look(self, job).",
        ),
        (
            {"public_api_path": "/x"},
            work,
            "The cord at /x takes a body: write @chute.cord(public_api_path='/x', request=Body) "
            "above work(self, job: Job[Body]), where job.request is the body.",
        ),
        (
            {"public_api_path": "/x", "passthrough": True},
            work,
            "The function of the cord at /x must be callable as work(answer).",
        ),
        (
            {"public_api_path": "/taken", "request": Body},
            work,
            "The cord at /taken: there are two for POST.",
        ),
        (
            {"public_api_path": "/x", "path": "/taken", "request": Body},
            work,
            "The cord at /x: there are two cords with the path /taken.",
        ),
    ],
)
def test_a_cord(settings: dict[str, Any], function: Callable[..., Any], sentence: str) -> None:
    chute = ServedChute(**GOOD)
    chute.cord(public_api_path="/taken", path="/taken", request=Body)(work)
    with pytest.raises(WrongUse) as raised:
        chute.cord(**settings)(function)
    assert str(raised.value) == sentence


class Judged(BaseModel):
    """An answer, as the SDK's documentation gives one."""

    flagged: bool


FORM = (
    "The cord at /moderate takes a body: write "
    "@chute.cord(public_api_path='/moderate', request=Body) "
    "above moderate(self, job: Job[Body]), where job.request is the body."
)


@pytest.mark.parametrize("request_", [None, Body])
def test_the_sdks_own_form_of_a_cord_is_answered_with_ours(request_: Any) -> None:
    async def moderate(self: ServedChute, data: Body) -> dict[str, Any]:
        return {"flagged": bool(data.prompt)}

    with pytest.raises(WrongUse) as raised:
        ServedChute(**GOOD).cord(public_api_path="/moderate", request=request_)(moderate)
    assert str(raised.value) == FORM


def test_a_class_that_is_no_request_model_is_told_so() -> None:
    async def moderate(self: ServedChute, data: Judged) -> None: ...

    with pytest.raises(WrongUse, match=r"request=Judged\) above moderate\(self, job: Job\[Judged"):
        ServedChute(**GOOD).cord(public_api_path="/moderate")(moderate)


@pytest.mark.parametrize("name", ["input_schema", "minimal_input_schema", "output_schema"])
def test_a_class_for_a_schema_is_answered_with_our_form(name: str) -> None:
    with pytest.raises(WrongUse) as raised:
        ServedChute(**GOOD).cord(public_api_path="/moderate", **{name: Body})
    assert str(raised.value) == (
        f"The cord at /moderate: {name} must be a dict, not a class, which would switch on the "
        "SDK's own validation; a body is declared as request=Body, and its function takes "
        "(self, job: Job[Body])."
    )


def test_a_class_cannot_be_returned() -> None:
    async def moderate(self: ServedChute, job: Job[Body]) -> Judged:
        return Judged(flagged=bool(job.request.prompt))

    with pytest.raises(WrongUse) as raised:
        ServedChute(**GOOD).cord(public_api_path="/moderate", request=Body)(moderate)
    assert str(raised.value) == (
        "The cord at /moderate: moderate must return a dict or a Response, as "
        "Judged(...).model_dump() is: the platform cannot send the class."
    )


def test_functions_of_one_name_are_two_cords_at_one_path() -> None:
    chute = ServedChute(**GOOD)
    chute.cord(public_api_path="/one", request=Body)(work)
    with pytest.raises(WrongUse, match="^The cord at /two: there are two cords with the path /wor"):
        chute.cord(public_api_path="/two", request=Body)(work)


@pytest.mark.whole
@pytest.mark.parametrize("name", ["cord", "get_cord", "engine_cord", "on_startup"])
def test_a_decorator_without_parentheses(name: str) -> None:
    more = {"request": EmbeddingFields} if name == "engine_cord" else {}
    with pytest.raises(WrongUse) as raised:
        getattr(LlmChute(**LLM), name)(look, **more)
    assert str(raised.value) == f"@chute.{name} above look needs parentheses: @chute.{name}(...)."


@pytest.mark.whole
def test_cords_of_an_engine() -> None:
    chute = LlmChute(**LLM)
    with pytest.raises(WrongUse, match="request must be a class derived from EngineRequest"):
        chute.engine_cord("/v1/embeddings", request=Body)  # type: ignore[type-var]
    with pytest.raises(WrongUse, match="kind must be EngineCord or StreamCord"):
        chute.engine_cord("/v1/embeddings", request=EmbeddingFields, kind=Cord)
    with pytest.raises(WrongUse, match="EmbeddingFields needs a field stream to be streamed"):
        chute.engine_cord("/v1/embeddings", request=EmbeddingFields, kind=StreamCord)(abs)
    with pytest.raises(WrongUse, match=r"must be callable as work\(answer\)"):
        chute.engine_cord("/v1/embeddings", request=EmbeddingFields)(work)


@pytest.mark.whole
def test_a_plain_and_a_streamed_cord_share_a_path() -> None:
    chute = LlmChute(**LLM)

    def chat(answer: Any) -> Any:
        return answer

    def chat_stream(event: Any) -> Any:
        return event

    path = "/v1/chat/completions"
    chute.engine_cord(path, request=ChatFields)(chat)
    chute.engine_cord(path, request=ChatFields, kind=StreamCord)(chat_stream)
    assert len(chute.cords) == 2
