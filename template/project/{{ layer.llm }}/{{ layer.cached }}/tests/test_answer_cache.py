"""Plain answers that must be the same each time are made once."""

import httpx
import pytest

from serving.relay import cache_key

MESSAGES = [{"role": "user", "content": "Hello"}]


class Key:
    """As much of a cord as the key needs."""

    passthrough_path = "/v1/chat/completions"

    class _app:
        revision = "a" * 40


@pytest.mark.parametrize(
    ("body", "cached"),
    [
        ({"temperature": 0}, True),
        ({"temperature": 0.0, "top_p": 0.5}, True),
        ({"seed": 5, "temperature": 1}, True),
        ({}, False),
        ({"temperature": 0.7}, False),
    ],
)
def test_only_deterministic_requests_have_a_key(body: dict[str, object], cached: bool) -> None:
    assert (cache_key(Key, body) is not None) == cached


def test_the_key_depends_on_all_fields_but_not_on_their_order() -> None:
    key = cache_key(Key, {"temperature": 0, "messages": MESSAGES})
    assert key == cache_key(Key, {"messages": MESSAGES, "temperature": 0})
    assert key != cache_key(Key, {"temperature": 0, "messages": []})


def ask(client: httpx.Client, **fields: object) -> str:
    answer = client.post("/v1/chat/completions", json={"messages": MESSAGES} | fields)
    assert answer.status_code == 200
    return answer.text if fields.get("stream") else answer.json()["id"]


def test_answers_come_from_the_cache(client: httpx.Client) -> None:
    first = ask(client, temperature=0, seed=11)
    assert ask(client, temperature=0, seed=11) == first
    assert ask(client, temperature=0, seed=12) != first
    assert ask(client) != ask(client)
    assert ask(client, seed=11, temperature=0, stream=True) != first
