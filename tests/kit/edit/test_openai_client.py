"""The official client against the chute: edits go as JSON, since no form passes the platform."""

import base64
import io
from collections.abc import Iterator

import openai
import pytest
from chute import EXAMPLE
from chutekit.testing.fixtures import MARKER
from chutekit.testing.running import RunningChute
from openai.types import ImagesResponse
from PIL import Image

URL = f"data:image/png;base64,{EXAMPLE['image_b64s'][0]}"


@pytest.fixture
def ask(development: RunningChute) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{development.url}/v1", api_key="none", max_retries=0) as client:
        yield client


def edit(ask: openai.OpenAI, **body: object) -> ImagesResponse:
    """As the README shows it."""
    sent = {"prompt": MARKER, "images": [{"image_url": URL}], **body}
    return ask.post("/images/edits", body=sent, cast_to=ImagesResponse)


def test_an_edit_is_answered_as_openai_does(ask: openai.OpenAI) -> None:
    answer = edit(ask, n=2, size="512x256", quality="low", output_format="jpeg")
    found = [Image.open(io.BytesIO(base64.b64decode(each.b64_json))) for each in answer.data]
    assert [(each.format, each.size) for each in found] == [("JPEG", (512, 256))] * 2


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"images": [{"image_url": URL[:200]}]}, "images.0.image_url"),
        ({"images": [{"image_url": "https://example.com/a.png"}]}, "images.0.image_url"),
        ({"mask": {"image_url": URL}}, "mask"),
        ({"size": "100x100"}, "size"),
    ],
)
def test_a_mistake_is_the_client_s_own_error(
    ask: openai.OpenAI, wrong: dict[str, object], field: str
) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        edit(ask, **wrong)
    assert refused.value.param == field


def test_a_form_is_refused_as_no_json(ask: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="not valid JSON"):
        ask.images.edit(image=base64.b64decode(EXAMPLE["image_b64s"][0]), prompt=MARKER)
