"""The head of a picture says what Pillow finds in it, and engines are told what they may get."""

import base64
import contextlib
import io
import json
import re

import pytest
from chutekit.engines.engine import EngineSettings
from chutekit.engines.pictures import TAKEN, Pictures, Shown, measure
from chutekit.engines.sglang.launch import arguments as of_sglang
from chutekit.engines.vllm.launch import ENVIRONMENT
from chutekit.engines.vllm.launch import arguments as of_vllm
from chutekit.media import heads, kinds
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

SIDES = st.integers(1, 300)
#: What Pillow is told when it writes one: kinds of heads differ by it.
WAYS: list[tuple[str, str, dict[str, object]]] = [
    ("PNG", "RGB", {}),
    ("PNG", "P", {}),
    ("JPEG", "RGB", {}),
    ("JPEG", "L", {"progressive": True, "comment": b"x" * 60_000}),
    ("JPEG", "CMYK", {"exif": b"Exif\0\0" + b"\0" * 2000}),
    ("WEBP", "RGB", {}),
    ("WEBP", "RGBA", {"lossless": True}),
    ("WEBP", "RGBA", {"exif": b"Exif\0\0" + b"\0" * 200}),
    ("GIF", "P", {}),
    ("GIF", "P", {"comment": b"x" * 5000}),
    ("BMP", "RGB", {}),
    ("BMP", "P", {}),
    ("TIFF", "RGB", {}),
    ("TIFF", "L", {"compression": "tiff_lzw"}),
    ("TIFF", "I;16B", {}),
]
MANY = 10**9
WORDS = {f"{kind}, {mode}, {' and '.join(more)}": (kind, mode, more) for kind, mode, more in WAYS}


def written(kind: str, mode: str, size: tuple[int, int], more: dict[str, object]) -> bytes:
    file = io.BytesIO()
    Image.new(mode, size).save(file, kind, **more)
    return file.getvalue()


@pytest.mark.parametrize("words", WORDS)
@given(width=SIDES, height=SIDES)
@settings(max_examples=15, deadline=None)
def test_a_head_says_what_pillow_reads(words: str, width: int, height: int) -> None:
    kind, mode, more = WORDS[words]
    content = written(kind, mode, (width, height), more)
    found = kinds.kind(content)
    assert found == f"image/{kind.lower()}"
    assert heads.size(content, found, MANY) == (width, height)
    with Image.open(io.BytesIO(content)) as image:
        assert image.size == (width, height)


@pytest.mark.parametrize("kind", ["PNG", "GIF", "WEBP"])
def test_a_picture_that_moves_has_the_size_of_its_first_frame(kind: str) -> None:
    frames = [Image.new("RGB", (40, 30), colour) for colour in ("red", "blue")]
    file = io.BytesIO()
    frames[0].save(file, kind, save_all=True, append_images=frames[1:])
    content = file.getvalue()
    assert heads.size(content, kinds.kind(content), MANY) == (40, 30)


EDITS = st.lists(
    st.tuples(st.floats(0, 1), st.integers(0, 20), st.binary(max_size=20)), min_size=1, max_size=3
)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
@given(edits=EDITS)
@settings(max_examples=150, deadline=None)
@pytest.mark.filterwarnings("ignore")
def test_what_passes_has_that_size_or_is_damaged_to_pillow_too(
    kind: str, edits: list[tuple[float, int, bytes]]
) -> None:
    content = written(kind, "RGB", (60, 50), {})
    for place, cut, put in edits:
        at = int(place * len(content))
        content = content[:at] + put + content[at + cut :]
    try:
        found = heads.size(content, kinds.one_of(content, TAKEN), 10**6)
    except ValueError:
        return
    # Of these errors vLLM 0.32.0 makes a 400, of any other a 500.
    with contextlib.suppress(OSError, ValueError), Image.open(io.BytesIO(content)) as image:
        assert image.size == found
        image.load()


def test_pixels_that_go_on_in_a_part_without_a_name_are_damaged() -> None:
    """Pillow raises a SyntaxError there, of which vLLM 0.32.0 makes a 500."""
    content = written("PNG", "RGB", (60, 50), {})
    (end,) = (found.start() for found in re.finditer(b"IEND", content))
    begin = content.index(b"IDAT")
    cut = content[: begin - 4] + b"\0\0\0\1" + content[begin : begin + 5] + b"\0\0\0\0"
    assert heads.size(cut + content[end - 4 :], "image/png", MANY) == (60, 50)
    for end_of_it in (b"\0\0\0\1\xb4\x94\0\0", b"\0\0\0\1IDA-", b"\0\0\0\1IDA"):
        wrong = cut + end_of_it
        with pytest.raises(ValueError, match="damaged"):
            heads.size(wrong, "image/png", MANY)
        with Image.open(io.BytesIO(wrong)) as image, pytest.raises(SyntaxError):
            image.load()
    pieces = cut[-13:] * heads.MOST_PIECES
    with pytest.raises(ValueError, match="damaged"):
        heads.size(cut + pieces, "image/png", MANY)


def test_what_a_camera_puts_behind_a_picture_is_not_taken_for_scans() -> None:
    content = written("JPEG", "RGB", (40, 30), {}) + b"\xff\xda" * 1000
    assert heads.size(content, "image/jpeg", MANY) == (40, 30)


def test_each_pass_over_a_picture_counts_once() -> None:
    content = written("JPEG", "RGB", (40, 30), {"progressive": True})
    start = content.index(b"\xff\xda")
    head, scans, end = content[:start], content[start:-2], content[-2:]
    times = scans.count(b"\xff\xda")
    most = heads.MOST_SCANS // times
    assert heads.size(head + scans * most + end, "image/jpeg", MANY) == (40, 30)
    with pytest.raises(ValueError, match="drawn over more than 64 times"):
        heads.size(head + scans * (most + 1) + end, "image/jpeg", MANY)


def test_a_photograph_of_12_megapixels_passes() -> None:
    content = written("JPEG", "RGB", (4032, 3024), {})
    data = base64.b64encode(content).decode()
    assert measure("image/jpeg", data, Pictures(1)) == (4032, 3024)
    # The platform's gateway calls whatever it fetches a PNG; some clients write `jpg`.
    for kind in ("image/png", "image/jpg"):
        assert measure(kind, data, Pictures(1)) == (4032, 3024)
    with pytest.raises(ValueError, match=r"is called image/webp, and is image/jpeg"):
        measure("image/webp", data, Pictures(1))


class Part(Shown):
    """A part of a request as short as can be."""

    def __init__(self, url: str) -> None:
        self.url = url


@pytest.mark.parametrize("added", ["", ";name=cat.png", ";charset=utf-8;name=a.b"])
def test_what_clients_add_to_the_kind_is_passed_over(added: str) -> None:
    assert Part(f"data:image/png{added};base64,AAAA").encoded() == ("image/png", "AAAA")


def value(line: list[str], flag: str) -> str:
    return line[line.index(flag) + 1]


def test_engines_fetch_nothing_and_take_so_many_pictures() -> None:
    seeing, blind = (
        EngineSettings(gpu_count=1, context_length=4096, max_sequences=8, pictures=most)
        for most in (3, 0)
    )
    for line in (of_vllm(seeing), of_vllm(blind), of_sglang(seeing), of_sglang(blind)):
        assert value(line, "--allowed-media-domains") == "none.invalid"
        assert not any("local-media" in word for word in line)
    assert ENVIRONMENT["VLLM_MEDIA_URL_ALLOW_REDIRECTS"] == "0"
    assert "--language-model-only" in of_vllm(blind)
    assert "--language-model-only" not in of_vllm(seeing)
    assert "--enable-multimodal" in of_sglang(seeing)
    assert "--enable-multimodal" not in of_sglang(blind)
    for line, flag, most in (
        (of_vllm(seeing), "--limit-mm-per-prompt", 3),
        (of_sglang(seeing), "--limit-mm-data-per-request", 3),
        (of_sglang(blind), "--limit-mm-data-per-request", 0),
    ):
        assert json.loads(value(line, flag)) == {"image": most, "video": 0, "audio": 0}
