"""A request's time runs from its arrival; what is over it is told so, and is no failure."""

import asyncio
import json
import time
from collections.abc import Iterator

import pytest
from chutekit.engines.request import EngineRequest
from chutekit.serving.contract import Contract, Route
from chutekit.serving.exchange import EXCHANGE, Exchange
from chutekit.serving.instance import Instance
from chutekit.testing.gateway import Gateway
from chutes.chute import Chute
from starlette.requests import Request
from tests.bodies import HANGING, HELLO, PATH
from tests.hurry import before_a_hurried


@pytest.fixture(scope="module", params=["fast", "sdk"])
def hurried(
    declared: Chute, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Gateway]:
    """The platform before a chute with little time for a request, on either way to the engine."""
    folder = tmp_path_factory.mktemp("hurried")
    with before_a_hurried(declared, folder, CHUTE_RELAY=request.param) as gateway:
        yield gateway


def test_an_answer_that_takes_too_long_is_a_bad_request(hurried: Gateway) -> None:
    assert hurried.call("POST", PATH, json.dumps(HELLO).encode()).status == 200
    reply = hurried.call("POST", PATH, json.dumps(HANGING).encode())
    assert reply.status == 400
    assert reply.error["code"] == "timeout"
    assert "1 s, waiting included" in reply.error["message"]


def test_work_is_not_begun_when_its_time_is_over() -> None:
    """What waited too long is sent to another instance instead."""
    instance = Instance(concurrency=1)
    instance.ready()
    sent = []

    async def unreachable(scope: object, receive: object, send: object) -> None:
        pytest.fail("it was begun")

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/work",
        "state": {"decrypted": {}},
        EXCHANGE: Exchange("test", deadline=time.monotonic()),
    }
    routes = {("POST", "/work"): Route("work", EngineRequest.model_validate)}
    asyncio.run(Contract(unreachable, instance, routes)(scope, Request(scope).receive, send))
    assert sent[0]["status"] == 429
