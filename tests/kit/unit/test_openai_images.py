"""OpenAI's bodies as a chute's own request of the same meaning, and refusals in their words."""

from typing import Any

import pytest
from chutekit.media import samples
from chutekit.pictures import edits, openai
from chutekit.pictures.picture import Format
from chutekit.serving.contract import RequestModel
from chutekit.serving.errors import Refusal
from pydantic import ConfigDict, Field

MODELS = ("my-chute", "owner/model")
URL = samples.data_url(samples.PNG)


class GenerateRequest(RequestModel):
    """As much of a chute's own request as OpenAI's API needs."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"prompt": "a boat", "seed": 1}]})

    prompt: str = Field(min_length=1, max_length=100)
    width: int = Field(512, ge=256, le=1024, multiple_of=16)
    height: int = Field(512, ge=256, le=1024, multiple_of=16)
    steps: int = Field(30, ge=1, le=50)
    seed: int | None = Field(None, ge=0, le=2**32 - 1)
    format: Format = "jpeg"


class EditRequest(edits.EditFields):
    """The same, of a chute that changes pictures."""

    prompt: str = Field(max_length=100)
    image_b64s: edits.pictures(2) = Field(description="The pictures.")
    width: edits.side(1024, 16) = None
    height: edits.side(1024, 16) = Field(None, validate_default=True)
    steps: int = Field(4, ge=1, le=8)


generations = openai.reader(openai.request_of(GenerateRequest), GenerateRequest, MODELS)
changes = openai.reader(openai.request_of(EditRequest), EditRequest, MODELS)


def own(**body: Any) -> Any:
    """The chute's own request for a body."""
    return generations({"prompt": "a boat", **body}).own


def told(body: dict[str, Any], read: Any = generations) -> dict[str, str]:
    """What a client is told of each field."""
    with pytest.raises(Refusal) as refusal:
        read(body)
    assert refusal.value.status == 400
    return {each.field: each.message for each in refusal.value.fields}


def test_what_openai_s_client_sends_is_understood() -> None:
    found = own(
        model="my-chute",
        n=2,
        size="1024x512",
        quality="auto",
        response_format="b64_json",
        background="opaque",
        moderation="low",
        user="alice",
        stream=False,
    )
    assert (found.width, found.height, found.steps, found.format) == (1024, 512, 30, "png")


def test_nothing_but_a_prompt_takes_the_chute_s_defaults() -> None:
    nothing = dict.fromkeys(openai.ImagesFields.model_fields)
    assert own(**nothing) == own() == GenerateRequest(prompt="a boat", steps=30, format="png")


@pytest.mark.parametrize(
    ("quality", "steps"), [("low", 15), ("standard", 30), ("high", 45), ("max", 50)]
)
def test_a_quality_is_a_number_of_steps_within_the_bound(quality: str, steps: int) -> None:
    assert own(quality=quality).steps == steps
    assert own(quality=quality, steps=7).steps == 7


def test_each_picture_has_a_seed_of_its_own() -> None:
    asked = generations({"prompt": "a boat", "n": 3, "seed": 2**32 - 2})
    assert [asked.one(place).seed for place in range(3)] == [2**32 - 2, 2**32 - 1, 0]
    drawn = generations({"prompt": "a boat", "n": 3})
    assert [drawn.one(place).seed for place in range(3)] == [None] * 3


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"prompt": ""}, "prompt"),
        ({"n": 5}, "n"),
        ({"size": "huge"}, "size"),
        ({"size": "1000x1000"}, "size"),
        ({"size": "16384x16384"}, "size"),
        ({"width": 512}, "width"),
        ({"format": "png"}, "format"),
        ({"image_b64s": []}, "image_b64s"),
        ({"quality": "best"}, "quality"),
        ({"response_format": "url"}, "response_format"),
        ({"background": "transparent"}, "background"),
        ({"stream": True}, "stream"),
        ({"model": "dall-e-3"}, "model"),
        ({"seed": -1}, "seed"),
        ({"style": "vivid"}, "style"),
    ],
)
def test_what_cannot_be_done_is_refused_by_the_client_s_field(
    body: dict[str, Any], field: str
) -> None:
    assert told({"prompt": "a boat", **body}).keys() == {field}


@pytest.mark.parametrize("field", openai.REFUSED)
def test_what_openai_knows_and_nobody_here_can_do_says_why(field: str) -> None:
    assert told({"prompt": "a boat", field: 1})[field] == openai.REFUSED[field]


def test_pictures_come_as_data_urls() -> None:
    found = changes({"prompt": "x", "images": [{"image_url": URL}]})
    assert [each.content for each in found.own.image_b64s] == [samples.PNG]


@pytest.mark.parametrize(
    ("images", "field"),
    [
        (None, "images"),
        ([], "images"),
        ([{"image_url": URL}] * 3, "images"),
        ([{}], "images.0.image_url"),
        ([{"file_id": "file-1"}], "images.0.file_id"),
        ([{"image_url": URL}, {"image_url": "https://example.com/a.png"}], "images.1.image_url"),
    ],
    ids=["none", "an empty list", "one too many", "without a file", "by id", "by address"],
)
def test_a_wrong_picture_is_named_as_the_client_sent_it(images: Any, field: str) -> None:
    assert field in told({"prompt": "x", "images": images}, changes)


def test_what_shows_only_when_a_picture_is_opened_has_the_client_s_name_too() -> None:
    found = changes({"prompt": "x", "images": [{"image_url": URL}]})
    assert found.names["image_b64s.0"] == "images.0.image_url"
