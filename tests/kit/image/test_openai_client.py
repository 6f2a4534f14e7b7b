"""The official client, unchanged, against the chute."""

import base64
import io
from collections.abc import Iterator

import openai
import pytest
from chute import MODEL
from chutekit.testing.fixtures import MARKER
from chutekit.testing.running import RunningChute
from PIL import Image


@pytest.fixture
def ask(development: RunningChute) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{development.url}/v1", api_key="none", max_retries=0) as client:
        yield client


def opened(answer: openai.types.ImagesResponse) -> list[Image.Image]:
    """The pictures of an answer."""
    return [Image.open(io.BytesIO(base64.b64decode(each.b64_json))) for each in answer.data]


def test_a_prompt_alone_makes_a_picture(ask: openai.OpenAI) -> None:
    answer = ask.images.generate(prompt=MARKER)
    (found,) = opened(answer)
    assert (found.format, answer.output_format) == ("PNG", "png")
    assert answer.size == "x".join(map(str, found.size))


def test_what_is_asked_for_is_made(ask: openai.OpenAI) -> None:
    answer = ask.images.generate(
        prompt=MARKER,
        model=MODEL,
        n=3,
        size="512x256",
        quality="low",
        output_format="webp",
        response_format="b64_json",
        background="auto",
        moderation="low",
        user="alice",
    )
    found = opened(answer)
    assert [(each.format, each.size) for each in found] == [("WEBP", (512, 256))] * 3
    assert len({each.tobytes() for each in found}) == 3


def test_the_seed_that_an_answer_tells_makes_the_picture_again(ask: openai.OpenAI) -> None:
    drawn = ask.images.generate(prompt=MARKER, n=2)
    seed = drawn.data[1].model_extra["seed"]
    again = ask.images.generate(prompt=MARKER, extra_body={"seed": seed})
    assert opened(again)[0].tobytes() == opened(drawn)[1].tobytes()


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"size": "100x100"}, "size"),
        ({"n": 11}, "n"),
        ({"response_format": "url"}, "response_format"),
        ({"model": "dall-e-3"}, "model"),
        ({"background": "transparent"}, "background"),
    ],
)
def test_a_mistake_is_the_client_s_own_error(
    ask: openai.OpenAI, wrong: dict[str, object], field: str
) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        ask.images.generate(**{"prompt": MARKER, **wrong})
    assert refused.value.param == field
