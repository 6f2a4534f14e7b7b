"""What is no valid request is a 400 that names the field, before the engine hears of it."""

import json

import httpx
import pytest
from chute import CONTEXT_LENGTH, MAX_CHARACTERS, MAX_TEXTS
from chutekit.testing.fixtures import MARKER

HELLO = f"Hello {MARKER}"


def texts(given: object, **fields: object) -> dict[str, object]:
    return {"input": given} | fields


VALID = {
    "a text": texts(HELLO),
    "texts": texts([HELLO, "Good morning"]),
    "tokens": texts([1, 2, 3]),
    "lists of tokens": texts([[1, 2], [3]]),
    "as many as allowed": texts(["x"] * MAX_TEXTS),
    "wrapped by the platform": {"json": texts(HELLO), "params": {}},
    "nothing set": texts(HELLO, encoding_format=None, dimensions=None, user=None),
    "everything": texts(HELLO, encoding_format="base64", user="u"),
    "emoji": texts("\U0001f600"),
}

INVALID = {
    "empty": ({}, "input"),
    "list": ([], "body"),
    "null": (None, "body"),
    "text": ("hello", "body"),
    "no text": (texts(None), "input"),
    "empty text": (texts(""), "input"),
    "no texts": (texts([]), "input"),
    "an empty one among texts": (texts(["x", ""]), "input"),
    "a number among texts": (texts(["x", 1]), "input"),
    "a text among tokens": (texts([1, "x"]), "input"),
    "negative token": (texts([-1]), "input"),
    "half a token": (texts([1.5]), "input"),
    "truth as a token": (texts([True]), "input"),
    "empty tokens": (texts([[1], []]), "input"),
    "object": (texts({"text": "x"}), "input"),
    "too many texts": (texts(["x"] * (MAX_TEXTS + 1)), "input"),
    "too long": (texts("x" * (MAX_CHARACTERS + 1)), "input"),
    "too many tokens": (texts([1] * (CONTEXT_LENGTH + 1)), "input"),
    "unknown field": (texts(HELLO, inputs=1), "inputs"),
    "a chat": ({"messages": [{"role": "user", "content": HELLO}]}, "input"),
    "another model": (texts(HELLO, model="gpt-4o"), "model"),
    "encoding": (texts(HELLO, encoding_format="hex"), "encoding_format"),
    "no dimensions": (texts(HELLO, dimensions=0), "dimensions"),
    "too many dimensions": (texts(HELLO, dimensions=10**6), "dimensions"),
    "half a dimension": (texts(HELLO, dimensions=64.5), "dimensions"),
    "half a surrogate pair": (texts("\ud800"), "body"),
    "streamed": (texts(HELLO, stream=True), "stream"),
    "wrapped": ({"json": {}, "params": {}}, "input"),
}


def post(client: httpx.Client, body: object) -> httpx.Response:
    headers = {"Content-Type": "application/json"}
    return client.post("/v1/embeddings", content=json.dumps(body), headers=headers)


@pytest.mark.parametrize("body", VALID.values(), ids=VALID)
def test_valid(client: httpx.Client, body: object) -> None:
    answer = post(client, body)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(("body", "field"), INVALID.values(), ids=INVALID)
def test_invalid(client: httpx.Client, body: object, field: str) -> None:
    answer = post(client, body)
    assert answer.status_code == 400, answer.text
    error = answer.json()["error"]
    assert error["type"] == "invalid_request_error"
    assert error["fields"][0]["field"].startswith(field), error
    assert len(error["fields"]) == (2 if "messages" in (body or ()) else 1), error


@pytest.mark.parametrize(
    "raw",
    [b"", b"{", b"\xff", b'{"input": NaN}', b"[" * 5000],
    ids=["nothing", "cut", "bytes", "nan", "deep"],
)
def test_no_json(client: httpx.Client, raw: bytes) -> None:
    answer = client.post("/v1/embeddings", content=raw)
    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"


def test_oversize(client: httpx.Client) -> None:
    answer = post(client, texts(["x" * 100_000] * 200))
    assert answer.status_code == 400
    assert "bytes" in answer.json()["error"]["message"]
