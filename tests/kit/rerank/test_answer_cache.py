"""The same texts are ranked once, whichever client's path is asked."""

import httpx


def ask(client: httpx.Client, path: str = "/v1/rerank", **fields: object) -> str:
    body = {"query": "Hello", "documents": ["Hello", "Good morning"]} | fields
    answer = client.post(path, json=body)
    assert answer.status_code == 200
    return answer.json()["id"]


def test_answers_come_from_the_cache(client: httpx.Client) -> None:
    first = ask(client)
    assert ask(client) == first
    assert ask(client, user="somebody", return_documents=True) == first
    assert ask(client, "/v2/rerank", documents=[{"text": "Hello"}, "Good morning"]) == first
    assert ask(client, top_n=1) != first
    assert ask(client, query="Good morning") != first
