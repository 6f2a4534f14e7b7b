"""Plain answers that must be the same each time are made once."""

import httpx
import pytest
from chutekit.engines.chat import ChatFields
from chutekit.testing.running import RunningChute

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


def test_the_log_tells_what_the_cache_knew_and_metrics_count_it(
    client: httpx.Client, development: RunningChute
) -> None:
    body = {"messages": MESSAGES, "seed": 21}
    answers = [client.post("/v1/chat/completions", json=body) for _ in range(2)]
    assert [development.line(answer)["cache"] for answer in answers] == ["miss", "hit"]
    by_chance = client.post("/v1/chat/completions", json={"messages": MESSAGES})
    assert "cache" not in development.line(by_chance)
    assert 'cache_lookups_total{outcome="hit"}' in client.get("/_metrics").text


def test_equal_requests_at_the_same_time_are_answered_by_one(development: RunningChute) -> None:
    body = {"messages": MESSAGES, "temperature": 0, "seed": 31, "max_tokens": 64}
    answers = development.at_once("/v1/chat/completions", body, 8)
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["id"] for answer in answers}) == 1
