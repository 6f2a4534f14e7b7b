"""Clients who leave, and requests that take too long, on slow chutes."""

import json
import time
from collections.abc import Iterator

import httpx
import pytest
from chutekit.testing.fixtures import MARKER, assert_discreet
from chutekit.testing.gateway import Gateway
from chutekit.testing.running import DEVELOPMENT, RunningChute
from chutes.chute import Chute
from tests.hurry import before_a_hurried

ASKED = {"text": MARKER}


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningChute]:
    """A chute whose model takes its time: four steps for an answer or an event."""
    log = tmp_path_factory.mktemp("slow") / "log"
    with RunningChute(DEVELOPMENT, log, STUB_STEP_SECONDS="0.3") as chute:
        yield chute
    assert_discreet(chute)


def in_flight(client: httpx.Client) -> int:
    """How many requests the instance works on."""
    return int(client.get("/health").raise_for_status().json()["in_flight"])


@pytest.mark.parametrize("path", ["/say", "/tell"])
def test_clients_who_left_hold_no_places(slow: RunningChute, path: str) -> None:
    """More of them than there are places, one after the other."""
    with slow.client() as client:
        for _ in range(6):
            with pytest.raises(httpx.ReadTimeout):
                client.post(path, json=ASKED, timeout=0.4)
        deadline = time.monotonic() + 20
        while in_flight(client):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert client.post(path, json=ASKED).status_code == 200


def test_events_arrive_while_others_are_still_made(slow: RunningChute) -> None:
    with slow.client() as client, client.stream("POST", "/tell", json=ASKED) as answer:
        arriving = answer.iter_raw()
        assert next(arriving).startswith(b"data: ")
        assert in_flight(client) == 1
        assert sum(part.count(b"data: ") for part in arriving) == 2


@pytest.fixture(scope="module")
def hurried(declared: Chute, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """The platform before a chute that is too slow for its limit."""
    folder = tmp_path_factory.mktemp("hurried")
    with before_a_hurried(declared, folder, STUB_STEP_SECONDS="0.4") as gateway:
        yield gateway


def test_an_answer_that_takes_too_long_is_given_up(hurried: Gateway) -> None:
    reply = hurried.call("POST", "/say", json.dumps(ASKED).encode())
    assert reply.status == 400
    assert reply.error["code"] == "timeout"


def test_events_that_take_too_long_are_refused_before_the_first(hurried: Gateway) -> None:
    reply = hurried.call("POST", "/tell", json.dumps(ASKED).encode())
    assert reply.status == 400
    assert reply.error["code"] == "timeout"
