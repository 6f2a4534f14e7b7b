"""Pictures that come in to be changed: which are taken, how they open, how large they leave."""

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from chutekit.models.worker import Worker
from chutekit.pictures import calling, edits
from chutekit.serving.bodies import most_bytes
from chutekit.serving.contract import Job, read
from chutekit.serving.errors import Refusal
from chutekit.serving.exchange import Exchange
from chutekit.serving.instance import Instance
from chutekit.serving.lifecycle import StartupError
from chutekit.testing.standins.pipeline import Pipeline
from PIL import Image
from pydantic import Field

from support.photos import base64_of, bomb, odd, plain, refused, turned

MOST = 3
RED, WHITE = (255, 0, 0), (255, 255, 255)


class EditRequest(edits.EditFields):
    """As chute.py has it."""

    MAX_PIXELS = 512 * 512
    AREA = 256 * 256
    MULTIPLE = 16

    prompt: str = Field(max_length=100)
    image_b64s: edits.pictures(MOST) = Field(description="The pictures.")
    width: edits.side(1024, 16) = None
    height: edits.side(1024, 16) = Field(None, validate_default=True)
    steps: int = Field(1, ge=1, le=4)


def asked(*pictures: bytes, **fields: Any) -> Any:
    """A body, read as the contract reads it."""
    body = {"prompt": "x", "image_b64s": [base64_of(each) for each in pictures], **fields}
    return read(EditRequest.model_validate, body)


def told(*pictures: bytes, **fields: Any) -> dict[str, str]:
    """What a client is told of each field."""
    with pytest.raises(Refusal) as refusal:
        asked(*pictures, **fields)
    assert refusal.value.status == 400
    return {each.field: each.message for each in refusal.value.fields}


class Seen(Pipeline):
    """The stand-in, which keeps what it was given."""

    def edit(self, request: Any, pictures: Any, size: Any, seed: Any, on_step: Any) -> Image.Image:
        """As the stand-in's."""
        self.pictures, self.size = pictures, size
        return super().edit(request, pictures, size, seed, on_step)


def given(request: Any) -> Seen:
    """What the pipeline gets of a request."""
    instance = Instance(1)
    instance.ready()
    pipeline = Seen(Path())
    studio = edits.EditStudio(pipeline, Worker(instance, 60), "stub", request)
    studio.picture(Job(request, Exchange("1")), 0)
    return pipeline


def colour(content: bytes) -> Any:
    """How the middle of a picture reaches the pipeline."""
    (found,) = given(asked(content)).pictures
    assert found.mode == "RGB"
    return found.getpixel((40, 30))


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("transparent", WHITE),
        ("grey and transparent", WHITE),
        ("of few colours", WHITE),
        ("black and white", WHITE),
        ("of 16 bits", (128, 128, 128)),
        ("for printing", (0, 255, 255)),
        ("moving", (0, 128, 128)),
    ],
)
def test_a_picture_of_any_kind_arrives_as_one_sees_it(name: str, wanted: tuple[int, ...]) -> None:
    assert colour(odd()[name]) == pytest.approx(wanted, abs=6)


def test_a_photograph_arrives_the_right_way_up() -> None:
    seen = given(asked(turned()))
    assert seen.pictures[0].size == (64, 96)
    assert seen.size[0] < seen.size[1]


@pytest.mark.parametrize("name", refused())
def test_what_is_no_picture_is_refused_by_its_place(name: str) -> None:
    with pytest.raises(Refusal) as refusal:
        given(asked(plain(), refused()[name]))
    assert [each.field for each in refusal.value.fields] == ["image_b64s.1"]


def test_a_bomb_is_refused_before_it_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "open", lambda *_, **__: pytest.fail("it was opened"))
    assert "at most 24000000 pixels" in told(bomb())["image_b64s.0"]


def test_a_large_file_is_refused_before_it_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base64, "b64decode", lambda *_, **__: pytest.fail("it was decoded"))
    assert "at most 8000000 bytes" in told(bytes(8_000_300))["image_b64s.0"]


def test_one_to_three_pictures_are_taken() -> None:
    assert len(asked(*[plain()] * MOST).image_b64s) == MOST
    assert told().keys() == told(*[plain()] * (MOST + 1)).keys() == {"image_b64s"}


def test_the_largest_body_follows_from_the_pictures() -> None:
    assert MOST * 8_000_000 * 4 / 3 < most_bytes(EditRequest) < 2**26


@pytest.mark.parametrize(
    ("size", "field"),
    [
        ({"width": 256}, "height"),
        ({"height": 256}, "height"),
        ({"width": 1024, "height": 512}, "height"),
        ({"width": 250, "height": 256}, "width"),
        ({"width": 240, "height": 256}, "width"),
    ],
)
def test_a_size_is_whole_and_within_bounds(size: dict[str, int], field: str) -> None:
    assert told(plain(), **size).keys() == {field}


@pytest.mark.parametrize("shape", [(64, 64), (200, 100), (64, 512), (1000, 999)])
def test_without_a_size_the_first_picture_s_shape_is_kept(shape: tuple[int, int]) -> None:
    width, height = given(asked(plain(shape), plain((64, 64)))).size
    assert width % EditRequest.MULTIPLE == height % EditRequest.MULTIPLE == 0
    assert EditRequest.AREA * 0.7 < width * height <= EditRequest.AREA
    assert width / height == pytest.approx(shape[0] / shape[1], rel=0.2)


def test_what_was_asked_for_is_made() -> None:
    assert given(asked(plain(), width=512, height=256)).size == (512, 256)


def test_requests_with_other_pictures_are_told_apart() -> None:
    one, other = (asked(plain(colour=each), seed=1) for each in ("teal", "red"))
    assert one.model_dump_json() != other.model_dump_json()
    assert base64_of(plain())[:40] not in one.model_dump_json()


class Unknown:
    """A pipeline that is not in the catalog."""

    def __init__(self, make: Callable[[], Any] = lambda: Image.new("RGB", (8, 8))) -> None:
        self.make = make

    def __call__(self, image: Any, prompt: str, guidance_scale: float = 1.0) -> Any:
        """As diffusers' are called; `images` is in what comes back."""
        self.given = {"image": image, "prompt": prompt, "guidance_scale": guidance_scale}
        return type("Output", (), {"images": [self.make()]})


def test_an_unlisted_pipeline_gets_what_it_knows_only() -> None:
    pipe = Unknown()
    calling.unlisted(pipe, {"guidance": 2.0, "negative_prompt": None}, image=1, prompt="x", width=8)
    assert pipe.given == {"image": 1, "prompt": "x", "guidance_scale": 2.0}


def test_what_it_does_not_know_is_refused_by_the_field() -> None:
    with pytest.raises(Refusal) as refusal:
        calling.unlisted(Unknown(), {"negative_prompt": "no"}, image=1, prompt="x")
    assert [each.field for each in refusal.value.fields] == ["negative_prompt"]


def test_what_it_refuses_is_a_400_without_its_words() -> None:
    def refuse() -> Any:
        raise ValueError("a prompt that nobody may read")

    with pytest.raises(Refusal) as refusal:
        calling.unlisted(Unknown(refuse), {}, image=1, prompt="x")
    assert (refusal.value.status, "nobody" in refusal.value.message) == (400, False)


def test_a_pipeline_that_takes_no_picture_does_not_start() -> None:
    calling.takes(Unknown(), "image", "a/b")
    with pytest.raises(StartupError, match="a/b cannot do this"):
        calling.takes(Unknown(), "mask", "a/b")
