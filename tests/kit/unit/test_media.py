"""Files in a body: what is taken, and what is refused before anything is unfolded."""

import base64
import io
import json
import struct
import zlib
from dataclasses import replace
from typing import Annotated, Any

import pytest
from chutekit import WrongUse
from chutekit.media import kinds, samples
from chutekit.media.fields import Picture, document, picture, sound
from chutekit.serving.bodies import most_bytes
from chutekit.serving.contract import RequestModel, read
from chutekit.serving.errors import Refusal
from PIL import Image
from pydantic import BaseModel, Field

KB = 0.001


class Sent(RequestModel):
    """One file of each kind."""

    image_b64: picture(megabytes=20 * KB, megapixels=0.01) = Field(description="A picture.")
    audio_b64: sound(megabytes=100 * KB, seconds=1) | None = Field(None, description="Sound.")
    file_b64: document(2 * KB, "application/pdf") | None = Field(None, description="A document.")
    frames_b64: list[picture(20 * KB, 0.01)] = Field([], max_length=2, description="Pictures.")


def parsed(**fields: Any) -> Any:
    """A body, read as the contract reads it."""
    return read(Sent.model_validate, {"image_b64": samples.PICTURE, **fields})


def wrong(**fields: Any) -> dict[str, str]:
    """What a client is told of each field."""
    with pytest.raises(Refusal) as refused:
        parsed(**fields)
    assert refused.value.status == 400
    return {each.field: each.message for each in refused.value.fields}


def saved(kind: str, size: tuple[int, int] = (8, 8), **options: Any) -> str:
    """A picture of that format in base64."""
    buffer = io.BytesIO()
    Image.new("RGB", size, "red").save(buffer, kind, **options)
    return base64.b64encode(buffer.getvalue()).decode()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF"])
@pytest.mark.parametrize("prefix", ["", "data:image/png;base64,", "data:;base64,"])
def test_a_picture_is_known_by_its_bytes_whatever_it_is_called(kind: str, prefix: str) -> None:
    found = parsed(image_b64=prefix + saved(kind)).image_b64
    assert (found.kind, found.width, found.height) == (f"image/{kind.lower()}", 8, 8)
    assert found.open().getpixel((0, 0))[0] > 250


def test_line_breaks_are_taken() -> None:
    text = base64.encodebytes(samples.PNG).decode()
    assert "\n" in text
    assert parsed(image_b64=text).image_b64.content == samples.PNG


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        (7, "must be a file as base64 text"),
        (None, "must be a file as base64 text"),
        ([samples.PICTURE], "must be a file as base64 text"),
        ("", "must not be empty"),
        ("not base64!", "must be a file as base64 text"),
        (samples.PICTURE[:-1], "must be a file as base64 text"),
        ("data:image/png,abc", "must be base64: this data URL is not"),
        ("data:" + "x" * 300 + ";base64,AAAA", "must be base64: this data URL is not"),
        ("A" * 40_000, "must be a file of at most 20000 bytes"),
        (samples.SOUND[:8000], "must be JPEG, PNG, WEBP, GIF, BMP or TIFF, by its first bytes"),
        (base64.b64encode(samples.PNG[:20]).decode(), "is damaged: its size cannot be read"),
        (saved("PNG", (101, 100)), "must have at most 10000 pixels, and has 101 by 100"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_is_no_picture_is_refused_with_the_name_of_its_field(sent: Any, told: str) -> None:
    assert wrong(image_b64=sent) == {"image_b64": told}


def test_a_picture_that_would_fill_the_memory_is_refused_unopened() -> None:
    """The head of a PNG says 60,000 by 60,000, and hardly anything else of it is there."""
    content = b"\x89PNG\r\n\x1a\n"
    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    for name, data in ((b"IHDR", head), (b"IDAT", zlib.compress(b"\0" * 1000))):
        checksum = struct.pack(">I", zlib.crc32(name + data))
        content += struct.pack(">I", len(data)) + name + data + checksum
    bomb = base64.b64encode(content).decode()
    told = "must have at most 10000 pixels, and has 60000 by 60000"
    assert wrong(image_b64=bomb) == {"image_b64": told}


def test_damage_that_only_shows_inside_names_the_field_too() -> None:
    inside = samples.PNG.index(b"IDAT") + 8
    broken = samples.PNG[:inside] + b"?" + samples.PNG[inside + 1 :]
    found = parsed(image_b64=base64.b64encode(broken).decode()).image_b64
    with pytest.raises(Refusal) as refused:
        found.open()
    assert [each.field for each in refused.value.fields] == ["image_b64"]


def test_a_picture_that_pillow_finds_larger_than_its_head_says_is_not_opened() -> None:
    found = replace(parsed().image_b64, width=1)
    with pytest.raises(Refusal) as refused:
        found.open()
    assert [each.field for each in refused.value.fields] == ["image_b64"]


def test_several_wrong_files_are_named_at_once() -> None:
    told = wrong(image_b64="?", audio_b64=samples.PICTURE, frames_b64=[samples.PICTURE, "?"])
    assert told.keys() == {"image_b64", "audio_b64", "frames_b64.1"}
    assert told["audio_b64"] == "must be WAV, MP3, FLAC, OGG, M4A or WEBM, by its first bytes"


def test_a_document_of_another_kind_is_refused() -> None:
    assert parsed(file_b64=samples.DOCUMENT).file_b64.kind == "application/pdf"
    assert wrong(file_b64=samples.PICTURE[:400]).keys() == {"file_b64"}


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"\xff\xfb\x90\x00", "audio/mpeg"),
        (b"ID3\x04", "audio/mpeg"),
        (b"\xff\xff", ""),
        (b"", ""),
        (samples.WAV, "audio/wav"),
        (b"\0\0\0\x18ftypM4A ", "audio/mp4"),
        (b"OggS", "audio/ogg"),
    ],
)
def test_kinds_are_told_by_first_bytes(content: bytes, kind: str) -> None:
    assert kinds.kind(content) == kind


def test_no_file_is_in_what_stands_for_a_request() -> None:
    found = parsed()
    text = found.model_dump_json()
    assert json.loads(text)["image_b64"] == found.image_b64.digest
    assert samples.PICTURE not in text
    assert "PNG" not in repr(found)
    assert isinstance(found.image_b64, Picture)


def test_a_body_within_its_bounds_fits_the_bound_of_bodies() -> None:
    class Said(RequestModel):
        text: str = Field(max_length=50)
        image_b64: picture(1, 1)
        words: list[Annotated[str, Field(max_length=10)]] = Field([], max_length=3)

    body = {"text": "\u00e4" * 50, "image_b64": "A" * 1_333_336, "words": ["\n" * 10] * 3}
    assert len(json.dumps(body, indent=1).encode()) <= most_bytes(Said) < 1_500_000
    assert most_bytes(Sent, Said) == most_bytes(Said)


def test_a_body_without_fields_has_a_size() -> None:
    class Nothing(RequestModel):
        pass

    assert 2 <= most_bytes(Nothing) < 100


class Endless(BaseModel):
    """A text without a bound, inside of a list."""

    texts: list[str] = Field(max_length=3)


class Anything(BaseModel):
    """What may be anything."""

    options: dict[str, Any]


class Nested(BaseModel):
    """What contains itself."""

    parts: list["Nested"] = Field(max_length=2)


@pytest.mark.parametrize(
    ("request_model", "told"),
    [
        (Endless, "Endless.texts has no bound"),
        (Anything, "Anything.options may be anything"),
        (Nested, "contains itself"),
    ],
)
def test_a_body_without_a_bound_is_a_mistake(request_model: type[BaseModel], told: str) -> None:
    with pytest.raises(WrongUse, match=told):
        most_bytes(request_model)
