"""Texts become tokens, and tokens texts."""

from typing import Any

import httpx
import pytest
from chute import CONTEXT_LENGTH
from tests.test_requests import HELLO

TAKEN = {
    "a text": {"prompt": "Hello you", "add_special_tokens": False},
    "a conversation": {"messages": HELLO, "chat_template_kwargs": {"enable_thinking": False}},
    "no tools": {"messages": HELLO, "tools": []},
}
REFUSED: dict[str, tuple[dict[str, Any], str, str]] = {
    "neither": ({}, "prompt", "must be given"),
    "both": ({"prompt": "x", "messages": HELLO}, "prompt", "not both"),
    "too long": ({"prompt": "x" * 999_999}, "prompt", "maximum context length"),
    "unknown": ({"prompt": "x", "stream": True}, "stream", "is not a known field"),
    "a template": ({"prompt": "x", "chat_template": "{{ 1 }}"}, "chat_template", ""),
}


@pytest.mark.parametrize("asked", TAKEN.values(), ids=TAKEN)
def test_a_prompt_becomes_tokens(client: httpx.Client, asked: dict[str, Any]) -> None:
    answer = client.post("/tokenize", json=asked).json()
    assert (answer["count"], len(answer["tokens"])) == (2, 2)
    assert answer["max_model_len"] == CONTEXT_LENGTH


@pytest.mark.parametrize(("asked", "field", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_prompt(
    client: httpx.Client, asked: dict[str, Any], field: str, message: str
) -> None:
    answer = client.post("/tokenize", json=asked)
    assert answer.status_code == 400
    wrong = answer.json()["error"]["fields"]
    assert [one["field"] for one in wrong] == [field]
    assert message in wrong[0]["message"]


def test_tokens_become_a_text(client: httpx.Client) -> None:
    assert client.post("/detokenize", json={"tokens": [1, 2]}).json() == {"prompt": "word1 word2"}
    assert client.post("/detokenize", json={"tokens": []}).status_code == 200


@pytest.mark.parametrize("tokens", [[-1], ["x"], [0] * (CONTEXT_LENGTH + 1), None])
def test_what_are_no_tokens(client: httpx.Client, tokens: object) -> None:
    answer = client.post("/detokenize", json={"tokens": tokens})
    assert answer.status_code == 400
    assert answer.json()["error"]["param"].startswith("tokens")
