"""Pictures that are none, that promise more than they hold, or that are too many.

Each is refused by its head, before an engine is asked to unfold it, and without unfolding anything.
"""

import base64
import io
import struct
import tracemalloc
import zlib
from typing import Any

import pytest
from chutekit.engines import chat, messages, pictures, responses
from chutekit.engines.pictures import Pictures
from chutekit.engines.vllm import chat as vllm_chat
from chutekit.media import heads, kinds, samples
from chutekit.media.samples import data_url as url
from chutekit.serving.errors import Refusal
from PIL import Image

LIMITS = Pictures(most=4, pixels=2**24, size=2**20)
PNG = url(samples.PNG)
JPEG_HEAD = b"\xff\xd8\xff\xe0\x00\x04JF"


class ChatRequest(vllm_chat.EngineChatFields, chat.ChatFields):
    """As chute.py declares it."""


def asked(*urls: str) -> ChatRequest:
    parts = [{"type": "image_url", "image_url": {"url": one}} for one in urls]
    return ChatRequest.model_validate({"messages": [{"role": "user", "content": parts}]})


def frame(width: int, height: int) -> bytes:
    """The part of a JPEG that has its size."""
    return b"\xff\xc0" + struct.pack(">HBHHB", 11, 8, height, width, 1) + b"\x01\x11\x00"


SCAN = b"\xff\xda\x00\x02"


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def ihdr(width: int, height: int) -> bytes:
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))


MAGIC = b"\x89PNG\r\n\x1a\n"
PIXELS = chunk(b"IDAT", zlib.compress(b"\0\x80"))
GIF = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///ywAAAAAAQABAAACAUwAOw==")


def webp(width: int, height: int) -> bytes:
    body = b"VP8X" + struct.pack("<I", 10) + b"\0\0\0\0"
    body += (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


WRONG: dict[str, tuple[str, str]] = {
    "a tiny file that promises much": (
        url(samples.png(100_000, 100_000)),
        "at most 16777216 pixels",
    ),
    "a row": (url(samples.png(1_000_000, 1)), "times longer on one side"),
    "a large JPEG": (url(JPEG_HEAD + frame(65_000, 65_000) + SCAN, "image/jpeg"), "pixels"),
    "a large WebP": (url(webp(16_383, 16_383), "image/webp"), "pixels"),
    "a large GIF": (url(GIF[:6] + b"\xff\xff\xff\xff" + GIF[10:], "image/gif"), "pixels"),
    "a GIF larger than its screen": (
        url(GIF[:24] + b"\xff\xff\xff\xff" + GIF[28:], "image/gif"),
        "pixels",
    ),
    "two sizes": (url(MAGIC + ihdr(1, 1) + ihdr(9999, 9999) + PIXELS, "image/png"), "damaged"),
    "two frames": (
        url(JPEG_HEAD + frame(1, 1) + frame(9999, 9999) + SCAN, "image/jpeg"),
        "damaged",
    ),
    "no size": (url(MAGIC + ihdr(0, 0) + PIXELS, "image/png"), "damaged"),
    "a size that comes later": (url(JPEG_HEAD + frame(5, 0) + SCAN, "image/jpeg"), "damaged"),
    "no pixels": (url(MAGIC + ihdr(5, 5), "image/png"), "damaged"),
    "many small parts": (
        url(MAGIC + ihdr(1, 1) + chunk(b"tEXt", b"") * 50_000 + PIXELS, "image/png"),
        "damaged",
    ),
    "many small segments": (
        url(b"\xff\xd8" + b"\xff\xfe\x00\x02" * 100_000 + frame(1, 1) + SCAN, "image/jpeg"),
        "damaged",
    ),
    "nothing but filling": (url(b"\xff\xd8" + b"\xff" * 700_000, "image/jpeg"), "damaged"),
    "many blocks": (url(GIF[:19] + b"!\xfe" + b"\x01x" * 300_000, "image/gif"), "damaged"),
    "drawn over and over": (
        url(JPEG_HEAD + frame(4000, 3000) + SCAN * 10_000, "image/jpeg"),
        "drawn over more than 64 times",
    ),
    "another kind": (url(GIF, "image/webp"), "is called image/webp, and is image/gif"),
    "a kind that is not taken": (url(b"BM" + b"\0" * 60, "image/bmp"), "PNG, JPEG, WEBP or GIF"),
    "a drawing": (url(b"<svg xmlns='x'/>", "image/png"), "PNG, JPEG, WEBP or GIF"),
    "a parameter of another kind": (
        PNG.replace("image/png", "text/html;name=image/png"),
        "must begin as data:image/png;base64,",
    ),
    "base64 that is none": (PNG.replace(";base64,", ";base64;name=cat,"), "must begin as"),
    "a page": ("data:text/html;base64,PGI+", "must begin as data:image/png;base64,"),
    "no base64": ("data:image/png,abc", "must begin as data:image/png;base64,"),
    "another alphabet": (PNG.replace("iVBOR", "iVB-_"), "base64 text"),
    "a line break": (PNG + "\n", "base64 text"),
    "more after the end": (PNG + "=AAAA", "base64 text"),
    "no letters": ("data:image/png;base64,é", "base64 text"),
    "nothing": ("data:image/png;base64,", "must not be empty"),
    "too many bytes": (url(MAGIC + b"\0" * 2**20, "image/png"), "at most 1048576 bytes"),
    "an endless name": ("data:image/png" + ";a=b" * 10**6 + ";base64,", "must begin as"),
}


@pytest.mark.parametrize(("given", "says"), WRONG.values(), ids=WRONG)
def test_it_is_refused_by_its_head(given: str, says: str) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(Refusal) as refused:
            pictures.check(asked(PNG, given), LIMITS)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    (field,) = refused.value.fields
    assert field.field == "messages.0.content.1.image_url.url"
    assert says in field.message
    assert most < 16 * 2**20


def told(content: bytes, kind: str) -> tuple[int, int] | str:
    """The size of a picture, or what is wrong with it."""
    try:
        return heads.size(content, kinds.one_of(content, (kind,)), 10_000)
    except ValueError as error:
        return str(error)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"])
def test_a_head_that_is_cut_is_damaged(kind: str) -> None:
    file = io.BytesIO()
    Image.new("RGB", (50, 40)).save(file, kind)
    content = file.getvalue()
    name = f"image/{kind.lower()}"
    found = {told(content[:length], name) for length in range(len(content))}
    cut_later = "is damaged: its pixels do not end" if kind == "PNG" else ""
    expected = {f"must be {kind}, by its first bytes", heads.DAMAGED, cut_later, (50, 40)}
    assert found == expected - {""}


def test_too_many_are_counted_before_any_is_read() -> None:
    with pytest.raises(Refusal) as refused:
        pictures.check(asked(*["data:image/png;base64,!"] * 10_000), LIMITS)
    assert refused.value.fields[0].field == "messages.0.content.4.image_url.url"
    assert "one picture too many" in refused.value.fields[0].message


def test_a_model_that_is_blind_gets_none() -> None:
    with pytest.raises(Refusal, match="invalid_request") as refused:
        pictures.check(asked(PNG), Pictures())
    assert "this chute takes text only" in refused.value.fields[0].message


LARGE = url(samples.png(9999, 9999))
SOURCE = {"type": "base64", "media_type": "image/png", "data": LARGE.split(",")[1]}
IMAGE = {"type": "image", "source": SOURCE}
RESULT = {"type": "tool_result", "tool_use_id": "1", "content": [IMAGE]}
OUTPUT = {"type": "input_image", "image_url": LARGE}
ELSEWHERE: dict[str, tuple[Any, dict[str, Any], str]] = {
    "a result of a tool": (
        messages.CountFields,
        {"messages": [{"role": "user", "content": [RESULT]}]},
        "messages.0.content.0.content.0.source.data",
    ),
    "what a function returned": (
        responses.ResponsesFields,
        {"input": [{"type": "function_call_output", "call_id": "1", "output": [OUTPUT]}]},
        "input.0.output.0.image_url",
    ),
    "what a tool of any text returned": (
        responses.ResponsesFields,
        {"input": [{"type": "custom_tool_call_output", "call_id": "1", "output": [OUTPUT]}]},
        "input.0.output.0.image_url",
    ),
    "an earlier answer": (
        ChatRequest,
        {
            "messages": [
                {
                    "role": "assistant",
                    "content": [{"type": "image_url", "image_url": {"url": LARGE}}],
                }
            ]
        },
        "messages.0.content.0.image_url.url",
    ),
    "a document": (
        messages.CountFields,
        {"messages": [{"role": "user", "content": [{"type": "document", "source": SOURCE}]}]},
        "messages.0.content.0.type",
    ),
    "a file": (
        responses.ResponsesFields,
        {"input": [{"role": "user", "content": [{"type": "input_file", "file_url": "http://x"}]}]},
        "input.0.content.0.type",
    ),
}


@pytest.mark.parametrize(("kind", "body", "field"), ELSEWHERE.values(), ids=ELSEWHERE)
def test_no_place_is_forgotten(kind: Any, body: dict[str, Any], field: str) -> None:
    with pytest.raises(Refusal) as refused:
        pictures.check(kind.model_validate(body), LIMITS)
    assert [wrong.field for wrong in refused.value.fields] == [field]
