"""A fault has the client's own path, is told once, and never names a class of ours."""

import re
from typing import Any

import pytest
from chutekit.engines.chat import ChatFields, CompletionFields
from chutekit.engines.prompts import one_or_many
from chutekit.engines.vllm.chat import EngineChatFields
from chutekit.serving.contract import RequestModel, read
from chutekit.serving.errors import CONTEXT_EXCEEDED, Refusal, from_validation
from pydantic import Field, ValidationError, ValidationInfo, create_model, field_validator


class Chat(EngineChatFields, ChatFields):
    """Chat as a chute with vLLM takes it."""


Texts = create_model("Texts", input=(one_or_many(10, 5, 3), ...))
USER = {"role": "user", "content": "x"}


def refusal(model: Any, body: Any) -> Refusal:
    with pytest.raises(Refusal) as caught:
        read(model.model_validate, body)
    return caught.value


def chat(*messages: Any, **fields: Any) -> dict[str, Any]:
    return {"messages": (messages and [*messages]) or [USER], **fields}


@pytest.mark.parametrize(
    ("body", "field", "message"),
    [
        (chat(5), "messages.0", "must be a JSON object"),
        (chat({"content": "x"}), "messages.0.role", "is required"),
        (chat({"role": "user"}), "messages.0.content", "is required"),
        (
            chat(USER | {"content": 5}),
            "messages.0.content",
            "input should be a valid string or input should be a valid list",
        ),
        (chat(USER | {"content": [{"text": "x"}]}), "messages.0.content.0.type", "is required"),
        (
            chat(USER | {"content": [{"type": "text", "text": 1}]}),
            "messages.0.content.0.text",
            "input should be a valid string",
        ),
        (
            chat(USER | {"content": [USER, {"type": "image_url", "image_url": "x"}]}),
            "messages.0.content.0.type",
            "is required",
        ),
        (
            chat(USER | {"content": [{"type": "image_url", "image_url": "data:"}]}),
            "messages.0.content.0.image_url",
            "must be a JSON object",
        ),
        (chat(stop=["x", 1]), "stop.1", "input should be a valid string"),
        (
            chat(tools=[{"type": "function"}]),
            "tools.0.function",
            "is required",
        ),
        (
            chat(response_format={"type": "json_schema", "json_schema": {"schema": {}}}),
            "response_format.json_schema.name",
            "is required",
        ),
        (
            chat(structured_outputs={"choice": [""]}),
            "structured_outputs.choice.0",
            "string should have at least 1 character",
        ),
        (chat(logit_bias={"5": 101}), "logit_bias.5", "input should be less than or equal to 100"),
    ],
)
def test_a_fault_is_named_as_the_client_wrote_it(body: Any, field: str, message: str) -> None:
    found = refusal(Chat, body).fields
    assert (found[0].field, found[0].message) == (field, message)


def test_every_fault_is_told_once_and_in_the_order_of_the_schema() -> None:
    found = refusal(Chat, chat(USER | {"content": 5}, {"role": "x"}, temperature=99, seed="1"))
    assert [wrong.field for wrong in found.fields] == [
        "temperature",
        "seed",
        "messages.0.content",
        "messages.1.role",
    ]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        (None, "input"),
        ("", "input"),
        ([], "input"),
        (["x", ""], "input.1"),
        (["x", 1], "input.1"),
        ([1, "x"], "input.1"),
        ([-1], "input.0"),
        ([[1], []], "input.1"),
        ([[1, "x"]], "input.0.1"),
    ],
)
def test_one_of_many_prompts_is_named_by_its_place(given: Any, field: str) -> None:
    assert [wrong.field for wrong in refusal(Texts, {"input": given}).fields] == [field]


@pytest.mark.parametrize("given", ["x" * 11, ["x", "x" * 11], [1] * 6, [[1], [1] * 6]])
def test_a_prompt_beyond_the_context_has_the_code_that_clients_know(given: Any) -> None:
    refused = refusal(Texts, {"input": given})
    assert refused.code == CONTEXT_EXCEEDED == "context_length_exceeded"
    assert "This model's maximum context length is 5 tokens" in refused.message


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"messages": {}},
        {"messages": [[]]},
        chat(tools=5),
        chat(tools=[{"type": "x"}]),
        chat(tool_choice={}),
        chat(tool_choice=5),
        chat(response_format=[]),
        chat(stop={}),
        chat(modalities=["audio"]),
        chat(stream_options=5),
        chat({"role": "assistant", "tool_calls": [{"id": 1, "function": 5}]}),
    ],
)
def test_no_class_of_the_validator_is_in_an_error(body: Any) -> None:
    refused = refusal(Chat, body)
    told = [refused.message, *(f"{wrong.field} {wrong.message}" for wrong in refused.fields)]
    for text in told:
        assert not re.search(r"[a-z][A-Z]|function-|constrained|list\[|\bstr\b", text), text


class Bounded(RequestModel):
    """Two fields with a bound together, the second with a default."""

    width: int
    height: int = Field(1024, validate_default=True)

    @field_validator("height")
    @classmethod
    def _area(cls, height: int, info: ValidationInfo) -> int:
        if info.data.get("width", 0) * height > 2**20:
            raise ValueError("must be smaller")
        return height


@pytest.mark.parametrize("body", [{"width": 2048}, {"width": 2048, "height": 1024}])
def test_a_default_that_does_not_fit_is_named_too(body: Any) -> None:
    (wrong,) = refusal(Bounded, body).fields
    assert (wrong.field, wrong.message) == ("height", "must be smaller")


def test_without_a_body_the_validator_names_the_place() -> None:
    with pytest.raises(ValidationError) as caught:
        CompletionFields.model_validate({"prompt": "x", "echo": 5})
    assert from_validation(caught.value).fields[0].field == "echo"


def test_of_very_many_errors_the_first_are_read_and_all_are_counted() -> None:
    refused = refusal(Chat, chat(*[USER | {"content": [5] * 20}] * 100))
    assert refused.message.endswith("; and 2049 more")
    assert [wrong.field for wrong in refused.fields] == [
        f"messages.0.content.{place}" for place in range(20)
    ]


def test_keys_of_any_length_and_kind_are_cut() -> None:
    (wrong,) = refusal(Chat, chat(**{"x" * 999: 1})).fields
    assert wrong.field == "x" * 64
