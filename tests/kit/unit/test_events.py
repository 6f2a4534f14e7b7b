"""Events to a client who may leave, and who learns of failures."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from chutekit.serving import events
from chutekit.serving.app import ServedChute
from chutekit.serving.contract import Job, RequestModel
from chutekit.serving.errors import Refusal, invalid
from chutekit.serving.events import AHEAD, EventCord
from chutekit.serving.exchange import Exchange
from chutes.chute import NodeSelector
from pydantic import BaseModel, Field


class Ask(RequestModel):
    """How many."""

    count: int = Field(1, description="How many.")


class Part(BaseModel):
    """One part."""

    text: str


def cord(function: Callable[..., Iterator[bytes]]) -> EventCord:
    """A cord with that function, on a chute of its own."""
    chute = ServedChute(
        username="alice", name="told", image="alice/told:1", node_selector=NodeSelector(gpu_count=1)
    )
    chute.cord(path="/tell", public_api_path="/tell", request=Ask, kind=EventCord)(function)
    (made,) = chute.cords
    assert isinstance(made, EventCord)
    return made


def job() -> Job[Any]:
    """A request that somebody waits for."""
    return Job(Ask(), Exchange("one"))


async def taken(made: EventCord, asked: Job[Any], most: int = 10**9) -> list[bytes]:
    """What a client gets who leaves after so many."""
    found: list[bytes] = []
    arriving = made._iter_generator_in_thread(asked)
    async for item in arriving:
        found.append(item)
        if len(found) == most:
            break
    await arriving.aclose()
    return found


def test_all_events_arrive_in_order() -> None:
    def tell(self: ServedChute, job: Job[Ask]) -> Iterator[bytes]:
        for number in range(5 * AHEAD):
            yield events.event(str(number))

    found = asyncio.run(taken(cord(tell), job()))
    assert found == [f"data: {number}\n\n".encode() for number in range(5 * AHEAD)]


def test_the_platform_hears_of_a_stream_and_needs_no_field_for_it() -> None:
    def tell(self: ServedChute, job: Job[Ask]) -> Iterator[bytes]:
        yield b""

    made = cord(tell)
    assert made._stream is True
    assert made.output_content_type == "text/event-stream"
    assert "stream" not in str(made.input_schema)


@pytest.mark.parametrize("most", [1, AHEAD, 3 * AHEAD])
def test_a_function_whose_client_left_comes_to_its_end(most: int) -> None:
    """It is far ahead of the client, so that it waits for room when the client leaves."""
    ended = threading.Event()
    asked = job()

    def tell(self: ServedChute, job: Job[Ask]) -> Iterator[bytes]:
        try:
            for _ in range(1000 * AHEAD):
                yield b"data: x\n\n"
        finally:
            ended.set()

    assert len(asyncio.run(taken(cord(tell), asked, most))) == most
    assert ended.wait(10)
    assert asked.cancelled


def test_a_refusal_before_the_first_event_is_an_answer_of_its_own() -> None:
    def tell(self: ServedChute, job: Job[Ask]) -> Iterator[bytes]:
        raise invalid("count", "must be less")
        yield b""

    with pytest.raises(events._NotBegun) as told:
        asyncio.run(taken(cord(tell), job()))
    assert (told.value.status_code, told.value.refusal.fields[0].field) == (400, "count")
    with pytest.raises(Refusal):
        asyncio.run(events._tell(None, told.value))  # type: ignore[arg-type]


def test_any_other_failure_says_no_more_than_that_it_was_ours() -> None:
    def tell(self: ServedChute, job: Job[Ask]) -> Iterator[bytes]:
        raise ValueError("a prompt")
        yield b""

    with pytest.raises(events._NotBegun) as told:
        asyncio.run(taken(cord(tell), job()))
    assert told.value.refusal.code == "internal_error"
    assert "prompt" not in told.value.refusal.message


def test_a_failure_after_the_first_event_is_the_last_one() -> None:
    asked = job()

    def tell(self: ServedChute, job: Job[Ask]) -> Iterator[bytes]:
        yield events.event("one")
        raise invalid("count", "was too much")

    first, last = asyncio.run(taken(cord(tell), asked))
    assert first == b"data: one\n\n"
    assert last.startswith(b'event: error\ndata: {"error":{"message":"count: was too much"')
    assert last.endswith(b"\n\n")
    assert asked.exchange.fields["code"] == "invalid_request"


def test_nothing_at_all_is_no_error() -> None:
    def tell(self: ServedChute, job: Job[Ask]) -> Iterator[bytes]:
        yield from ()

    assert asyncio.run(taken(cord(tell), job())) == [b":\n\n"]


def test_an_event_is_json_or_a_text_line_by_line() -> None:
    assert events.event(Part(text="a\nb")) == b'data: {"text":"a\\nb"}\n\n'
    assert events.event("a\nb") == b"data: a\ndata: b\n\n"
