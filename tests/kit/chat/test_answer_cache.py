"""Plain answers that must be the same each time are made once."""

import httpx
import pytest
from chutekit.engines.chat import ChatFields

MESSAGES = [{"role": "user", "content": "Hello"}]


@pytest.mark.parametrize(
    ("fields", "repeatable"),
    [
        ({"temperature": 0}, True),
        ({"temperature": 0.0, "top_p": 0.5}, True),
        ({"seed": 5, "temperature": 1}, True),
        ({}, False),
        ({"temperature": 0.7}, False),
    ],
)
def test_only_requests_without_chance_are_repeatable(
    fields: dict[str, object], repeatable: bool
) -> None:
    assert ChatFields.model_validate({"messages": MESSAGES} | fields).repeatable == repeatable


def ask(client: httpx.Client, **fields: object) -> str:
    answer = client.post("/v1/chat/completions", json={"messages": MESSAGES} | fields)
    assert answer.status_code == 200
    return answer.text if fields.get("stream") else answer.json()["id"]


def test_answers_come_from_the_cache(client: httpx.Client) -> None:
    first = ask(client, temperature=0, seed=11)
    assert ask(client, seed=11, temperature=0) == first
    assert ask(client, temperature=0, seed=12) != first
    assert ask(client, seed=11) != first
    assert ask(client) != ask(client)
    assert ask(client, seed=11, temperature=0, stream=True) != first
