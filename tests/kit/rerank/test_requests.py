"""Each path takes its bodies and refuses all others; what the engine says of them arrives."""

import json

import httpx
import pytest
from chute import EXAMPLE, MAX_CHARACTERS_ALTOGETHER, MAX_TEXTS
from chutekit.testing.fixtures import MARKER
from chutekit.testing.gateway import FULL, Gateway
from chutekit.testing.running import RunningChute

HELLO = f"Hello {MARKER}"
RERANK = ("/v1/rerank", "/v2/rerank")


def asked(**fields: object) -> dict[str, object]:
    return {"query": HELLO, "documents": ["Hello", "Good morning"]} | fields


VALID = {
    "texts": asked(),
    "objects": asked(documents=[{"text": "Hello"}, "Good morning"]),
    "as many as allowed": asked(query="x", documents=["x"] * MAX_TEXTS),
    "wrapped by the platform": {"json": asked(), "params": {}},
    "nothing set": asked(top_n=None, return_documents=None, user=None, max_tokens_per_doc=None),
    "everything": asked(top_n=1, return_documents=True, user="u", max_tokens_per_doc=4096),
    "another order": {"documents": ["Hello"], "query": HELLO},
    "emoji": asked(query="\U0001f600"),
    "priority of nobody": asked(priority=0),
}
INVALID = {
    "empty": ({}, "query"),
    "list": ([], "body"),
    "null": (None, "body"),
    "no query": (asked(query=None), "query"),
    "tokens": (asked(query=[1, 2]), "query"),
    "no documents": (asked(documents=[]), "documents"),
    "one document": (asked(documents="Hello"), "documents"),
    "an empty one": (asked(documents=["x", ""]), "documents.1"),
    "a picture": (asked(documents=[{"image": "x"}]), "documents.0"),
    "parts": (asked(documents=[{"content": [{"type": "text", "text": "x"}]}]), "documents.0"),
    "too many": (asked(documents=["x"] * (MAX_TEXTS + 1)), "documents"),
    "too much together": (
        asked(query="x" * (MAX_CHARACTERS_ALTOGETHER // MAX_TEXTS), documents=["x"] * MAX_TEXTS),
        "documents",
    ),
    "half a place": (asked(top_n=1.5), "top_n"),
    "a text for a number": (asked(top_n="1"), "top_n"),
    "streamed": (asked(stream=True), "stream"),
    "another model": (asked(model="rerank-v3.5"), "model"),
    "a template of one's own": (asked(chat_template="x"), "chat_template"),
    "half a surrogate pair": (asked(query="\ud800"), "body"),
}


def post(client: httpx.Client, path: str, body: object) -> httpx.Response:
    headers = {"Content-Type": "application/json"}
    return client.post(path, content=json.dumps(body), headers=headers)


@pytest.mark.parametrize("path", RERANK)
@pytest.mark.parametrize("body", VALID.values(), ids=VALID)
def test_valid(client: httpx.Client, path: str, body: object) -> None:
    answer = post(client, path, body)
    assert answer.status_code == 200, answer.text
    assert answer.json()["results"][0]["relevance_score"] >= 0


@pytest.mark.parametrize("path", RERANK)
@pytest.mark.parametrize(("body", "field"), INVALID.values(), ids=INVALID)
def test_invalid(client: httpx.Client, path: str, body: object, field: str) -> None:
    answer = post(client, path, body)
    assert answer.status_code == 400, answer.text
    error = answer.json()["error"]
    assert error["type"] == "invalid_request_error"
    assert error["fields"][0]["field"].startswith(field), error


def test_pairs(client: httpx.Client) -> None:
    one = {"text_1": HELLO, "text_2": ["Hello", "Good morning"]}
    other = {"queries": [HELLO, HELLO], "documents": ["Hello", "Good morning"]}
    answers = [client.post("/v1/score", json=body) for body in (one, other)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json()["data"] == answers[1].json()["data"]
    assert client.post("/v1/score", json=one | {"text_2": []}).status_code == 400


def test_what_the_engine_says_arrives(gateway: Gateway) -> None:
    for status, told in ((400, "As requested."), (429, None)):
        body = asked(query=f"stub: status={status} {MARKER}")
        reply = gateway.call("POST", "/v2/rerank", json.dumps(body).encode())
        assert reply.status == status
        assert reply.error["message"] == told if told else reply.json() == {"detail": FULL}


def test_no_text_and_no_trace_in_the_log(gateway: Gateway, production: RunningChute) -> None:
    body = EXAMPLE | {"query": f"stub: error=1 {MARKER}"}
    assert gateway.call("POST", "/v1/rerank", json.dumps(body).encode()).status == 200
    log = production.log.read_text()
    assert MARKER not in log
    assert "Traceback" not in log
