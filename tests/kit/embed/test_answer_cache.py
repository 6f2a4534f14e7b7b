"""Vectors of the same texts are made once."""

import httpx
from chutekit.testing.running import RunningChute


def ask(client: httpx.Client, **fields: object) -> str:
    answer = client.post("/v1/embeddings", json={"input": "Hello"} | fields)
    assert answer.status_code == 200
    return answer.json()["id"]


def test_answers_come_from_the_cache(client: httpx.Client) -> None:
    first = ask(client)
    assert ask(client) == first
    assert ask(client, user="somebody") == first
    assert ask(client, input="Good morning") != first
    assert ask(client, encoding_format="base64") != first


def test_the_log_tells_a_hit(client: httpx.Client, development: RunningChute) -> None:
    ask(client)
    answer = client.post("/v1/embeddings", json={"input": "Hello"})
    assert development.line(answer)["cache"] == "hit"
