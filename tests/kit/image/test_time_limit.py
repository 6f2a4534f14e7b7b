"""A request's time runs from its arrival, and the platform's clients are told when it is over."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from chutekit.testing.fixtures import MARKER
from chutekit.testing.gateway import FULL, Gateway
from chutes.chute import Chute
from tests.hurry import before_a_hurried

STEPS = 4
SLOW = json.dumps({"prompt": MARKER, "steps": STEPS}).encode()


@pytest.fixture(scope="module")
def hurried(declared: Chute, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """The platform before a chute that is too slow for its limit."""
    folder = tmp_path_factory.mktemp("hurried")
    with before_a_hurried(declared, folder, STUB_STEP_SECONDS="0.45") as gateway:
        yield gateway


def test_a_slow_request_is_given_up_with_words_for_the_client(hurried: Gateway) -> None:
    reply = hurried.call("POST", "/generate", SLOW)
    assert reply.status == 400
    assert reply.error["code"] == "timeout"
    assert "1 s, waiting included; ask for fewer steps" in reply.error["message"]


def test_the_platform_says_in_its_own_words_that_there_is_no_room(hurried: Gateway) -> None:
    with ThreadPoolExecutor(2) as clients:
        replies = list(clients.map(lambda _: hurried.call("POST", "/generate", SLOW), range(2)))
    refused = [reply for reply in replies if reply.status == 429]
    assert [reply.json() for reply in refused] == [{"detail": FULL}]
