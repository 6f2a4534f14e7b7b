"""The edge: a body that passes it can be parsed by whatever stands behind it."""

import asyncio
import json
from typing import Any

import pytest
from chutekit.serving.edge import Edge
from chutekit.serving.instance import Instance

# Between the edge and who parses the body next, the SDK's middleware; 25 in SDK 0.6.9.
FRAMES = 60


def deeper(frames: int, body: bytes) -> None:
    """Parse a body from so many calls further inside."""
    if frames:
        deeper(frames - 1, body)
    else:
        json.loads(body)


async def parses(scope: Any, receive: Any, send: Any) -> None:
    """An application that parses what it gets."""
    deeper(FRAMES, (await receive())["body"])
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def status(body: bytes) -> int:
    """What a client of that application gets for a body."""
    found: list[int] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            found.append(message["status"])

    instance = Instance(1)
    instance.ready()
    scope = {"type": "http", "method": "POST", "path": "/generate", "headers": [], "state": {}}
    asyncio.run(Edge(parses, instance, 2**20, encrypted=False)(scope, receive, send))
    return found[0]


@pytest.mark.parametrize(("left", "right"), [(b"[", b"]"), (b'{"a":', b"}")])
def test_no_depth_of_nesting_is_a_500(left: bytes, right: bytes) -> None:
    depths = [*range(600, 1000, 10), 5000]
    answers = [status(left * depth + b"1" + right * depth) for depth in depths]
    assert set(answers) == {200, 400}
    assert answers == sorted(answers)
