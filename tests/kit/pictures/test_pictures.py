"""A chute whose model sees: every API takes pictures, within the bounds of chute.py."""

import json
from typing import Any

import httpx
import pytest
from chute import MAX_BODY_BYTES, MAX_PICTURE_BYTES, MAX_PICTURES, MAX_PIXELS
from chutekit.media.samples import data_url, png
from chutekit.testing.gateway import Gateway
from chutekit.testing.standins.chat import PICTURE_TOKENS

PNG = data_url(png())
LARGEST = data_url(
    b"\xff\xd8\xff\xc0\x00\x0b\x08\x0b\xd0\x0f\xc0\x01\x01\x11\x00\xff\xda\x00\x02"
    + b"\0" * (MAX_PICTURE_BYTES - 19),
    "image/jpeg",
)


def chat(*urls: str) -> dict[str, Any]:
    parts = [{"type": "image_url", "image_url": {"url": one, "detail": "high"}} for one in urls]
    return {"messages": [{"role": "user", "content": [*parts, {"type": "text", "text": "Hi"}]}]}


def responses(*urls: str) -> dict[str, Any]:
    parts = [{"type": "input_image", "image_url": one} for one in urls]
    return {"input": [{"role": "user", "content": parts}]}


def messages(*urls: str) -> dict[str, Any]:
    sources = [
        {"type": "base64", "media_type": one[5:].split(";")[0], "data": one.split(",", 1)[1]}
        if one.startswith("data:")
        else {"type": "url", "url": one}
        for one in urls
    ]
    parts = [{"type": "image", "source": source} for source in sources]
    return {"messages": [{"role": "user", "content": parts}], "max_tokens": 8}


def counting(*urls: str) -> dict[str, Any]:
    asked = messages(*urls)
    del asked["max_tokens"]
    return asked


#: By path: how a body is made, where a picture stands in it, and where an answer counts it.
APIS: dict[str, tuple[Any, str, Any]] = {
    "/v1/chat/completions": (
        chat,
        "messages.0.content.{}.image_url.url",
        lambda said: said["usage"]["prompt_tokens"] - 1,
    ),
    "/tokenize": (
        chat,
        "messages.0.content.{}.image_url.url",
        lambda said: said["count"] - 1,
    ),
    "/v1/responses": (
        responses,
        "input.0.content.{}.image_url",
        lambda said: said["usage"]["input_tokens"],
    ),
    "/v1/messages": (
        messages,
        "messages.0.content.{}.source.data",
        lambda said: said["usage"]["input_tokens"],
    ),
    "/v1/messages/count_tokens": (
        counting,
        "messages.0.content.{}.source.data",
        lambda said: said["input_tokens"],
    ),
}


@pytest.mark.parametrize("path", APIS)
def test_every_api_takes_as_many_as_there_may_be(client: httpx.Client, path: str) -> None:
    body, field, count = APIS[path]
    answer = client.post(path, json=body(*[PNG] * MAX_PICTURES))
    assert answer.status_code == 200, answer.text
    assert count(answer.json()) == PICTURE_TOKENS * MAX_PICTURES
    answer = client.post(path, json=body(*[PNG] * (MAX_PICTURES + 1)))
    assert answer.status_code == 400
    wrong = answer.json()["error"]["fields"]
    assert [one["field"] for one in wrong] == [field.format(MAX_PICTURES)]
    assert f"at most {MAX_PICTURES}" in wrong[0]["message"]


@pytest.mark.parametrize("path", APIS)
def test_a_wrong_one_is_named_by_the_clients_path(client: httpx.Client, path: str) -> None:
    body, field, _ = APIS[path]
    for given, says in (
        (data_url(png(1, MAX_PIXELS + 1)), "pixels"),
        (data_url(b"x"), "PNG, JPEG"),
    ):
        answer = client.post(path, json=body(PNG, given))
        assert answer.status_code == 400
        wrong = answer.json()["error"]["fields"]
        assert [one["field"] for one in wrong] == [field.format(1)]
        assert says in wrong[0]["message"]


@pytest.mark.parametrize("path", APIS)
@pytest.mark.parametrize(
    "address", ["http://169.254.169.254/", "file:///etc/passwd", "/etc/passwd"]
)
def test_nothing_is_fetched(client: httpx.Client, path: str, address: str) -> None:
    body, field, _ = APIS[path]
    answer = client.post(path, json=body(address))
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == field.format(0).replace("source.data", "source.url")


@pytest.mark.parametrize("address", ["https://example.com/a.jpg", PNG])
def test_the_platform_fetches_those_of_messages(gateway: Gateway, address: str) -> None:
    content = json.dumps(chat(address)).encode()
    assert gateway.call("POST", "/v1/chat/completions", content).status == 200


def test_the_largest_body_of_pictures_arrives(client: httpx.Client) -> None:
    body = chat(*[LARGEST] * MAX_PICTURES)
    assert len(LARGEST) * MAX_PICTURES < MAX_BODY_BYTES
    answer = client.post("/v1/chat/completions", json=body)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("kind", ["input_audio", "audio_url", "video_url", "file"])
def test_what_is_no_picture_is_refused_by_name(client: httpx.Client, kind: str) -> None:
    body = {"messages": [{"role": "user", "content": [{"type": kind, kind: {"url": "data:"}}]}]}
    answer = client.post("/v1/chat/completions", json=body)
    assert answer.status_code == 400
    (wrong,) = answer.json()["error"]["fields"]
    assert wrong["field"] == "messages.0.content.0.type"
    assert wrong["message"] == f"is {kind}, and this chute takes text and pictures"
