"""Streams take the fast way while the SDK is the known one, and give the same answers if not."""

import asyncio
from pathlib import Path
from typing import Any

import openai
import pytest
from chutekit.engines import relay, sse
from chutekit.engines.messages import EVENTS as EVENTS_OF_MESSAGES
from chutekit.engines.responses import EVENTS as EVENTS_OF_RESPONSES
from chutekit.engines.streaming import StreamCord
from chutekit.testing.running import DEVELOPMENT, RunningChute
from chutes.chute.cord import Cord


def test_this_sdk_is_known() -> None:
    assert relay.fastest(StreamCord) is StreamCord


async def renamed(self: Any, request: Any, **arguments: Any) -> None:
    """Another signature."""


async def plain(self: Any, request: Any, *args: Any, **kwargs: Any) -> None:
    """The same signature, but it does not look for `_encrypt` on the request."""


@pytest.mark.parametrize(
    ("method", "changed"),
    [
        ("_passthrough_call", renamed),
        ("_remote_stream_call", renamed),
        ("_remote_stream_call", plain),
        ("_remote_call", plain),
        ("_request_handler", plain),
    ],
)
def test_a_changed_sdk_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, method: str, changed: object
) -> None:
    monkeypatch.setattr(Cord, method, changed)
    assert relay.fastest(StreamCord) is Cord


@pytest.mark.parametrize(
    ("pieces", "whole"),
    [
        ([b"data: 1\n\ndata: 2\n\n", b"data: [DONE]\n\n"], 2),
        ([b"data: {", b"}\n", b"\ndata: [DONE]\n", b"\n"], 2),
        ([b": comment\n\ndata: 1\n\ndata: [DONE]\n\n"], 1),
        ([b'data: {"text": "data: [DONE]"}\n\n', b"data: [DONE]\n\n"], 2),
    ],
    ids=["together", "in pieces", "with a comment", "about itself"],
)
def test_events_arrive_whole(pieces: list[bytes], whole: int) -> None:
    arrived = run(pieces)
    assert b"".join(arrived) == b"".join(pieces)
    assert len(arrived) == whole
    assert all(piece.endswith(sse.END) for piece in arrived)


@pytest.mark.parametrize(
    ("pieces", "good"),
    [
        ([b"data: 1\n\n<html>\n\n"], b"data: 1\n\n"),
        ([b"data: 1\n\ndata: 2\n"], b"data: 1\n\n"),
        ([b'data: 1\n\ndata: {"error": {"code": 400}}\n\n'], b"data: 1\n\n"),
        ([b"<html>", b"\n\n"], b""),
        ([b"x" * (sse.LARGEST_EVENT_BYTES + 1)], b""),
        ([], b""),
    ],
    ids=["garbage", "cut", "error", "only garbage", "endless", "nothing"],
)
def test_what_is_no_stream_breaks_off(pieces: list[bytes], good: bytes) -> None:
    arrived: list[bytes] = []
    with pytest.raises(sse.BrokenStream):
        run(pieces, arrived)
    assert b"".join(arrived) == good


def test_the_last_usage_is_found() -> None:
    events = [b'{"usage":null}', b'{"usage":{"prompt_tokens":7,"completion_tokens":1}}', b"[DONE]"]
    joined = b"".join(b"data: " + event + sse.END for event in events)
    assert sse.usage(joined) == {"prompt_tokens": 7, "completion_tokens": 1}
    assert sse.usage(b"data: 1\n\n") == {}
    assert sse.usage(b'data: "\\"usage\\":{"\n\n') == {}


def run(
    pieces: list[bytes], arrived: list[bytes] | None = None, kind: sse.Events = sse.UNNAMED
) -> list[bytes]:
    """What `whole_events` makes of a stream that arrives in these pieces."""
    found = [] if arrived is None else arrived

    class Stream:
        """As much of aiohttp's reader as is used."""

        def __init__(self) -> None:
            self.pieces = iter(pieces)

        async def readany(self) -> bytes:
            return next(self.pieces, b"")

    async def read() -> None:
        async for events in sse.whole_events(Stream(), kind):
            found.append(events)

    asyncio.run(read())
    return found


def test_the_sdks_own_way_gives_the_same_answers(tmp_path: Path) -> None:
    with (
        RunningChute(DEVELOPMENT, tmp_path / "log", CHUTE_RELAY="sdk") as chute,
        openai.OpenAI(base_url=f"{chute.url}/v1", api_key="none", max_retries=0) as ask,
    ):
        said = {"model": chute.client().get("/v1/models").json()["data"][0]["id"]}

        def messages(text: str) -> dict[str, Any]:
            return said | {"messages": [{"role": "user", "content": text}]}

        answer = ask.chat.completions.create(**messages("stub: tokens=3"))
        assert answer.choices[0].message.content == "word0 word1 word2 "
        chunks = list(ask.chat.completions.create(**messages("stub: tokens=3"), stream=True))
        text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
        assert text == "word0 word1 word2 "
        for stream in (False, True):
            with pytest.raises(openai.BadRequestError, match="context length"):
                ask.chat.completions.create(**messages("stub: tokens=9999999"), stream=stream)
            with pytest.raises(openai.BadRequestError):
                ask.chat.completions.create(**messages("x"), temperature=11, stream=stream)
        assert ask.responses.create(**said, input="stub: tokens=3").output_text
        with pytest.raises(openai.BadRequestError, match="version of the SDK"):
            ask.responses.create(**said, input="stub: tokens=3", stream=True)


NAMED = [
    (EVENTS_OF_RESPONSES, b"event: response.completed\ndata: {}\n\n", b"event: response.failed\n"),
    (EVENTS_OF_MESSAGES, b"event: message_stop\ndata: {}\n\n", b"event: error\n"),
]
PIECE = b'event: x\ndata: {"text": "event: message_stop"}\n\n'


@pytest.mark.parametrize(("kind", "last", "failed"), NAMED, ids=["responses", "messages"])
def test_named_events_arrive_whole(kind: sse.Events, last: bytes, failed: bytes) -> None:
    assert run([PIECE + PIECE[:9], PIECE[9:], last], kind=kind) == [PIECE, PIECE, last]
    assert run([PIECE + b": ping\n\n" + last + b"x"], kind=kind) == [PIECE + b": ping\n\n" + last]
    for broken in (PIECE, PIECE + b"<html>\n\n", PIECE + failed + b"data: {}\n\n"):
        arrived: list[bytes] = []
        with pytest.raises(sse.BrokenStream):
            run([broken], arrived, kind=kind)
        assert arrived == [PIECE]


def test_why_a_named_stream_failed_is_found() -> None:
    failure = b'event: response.failed\ndata: {"response":{"error":{"code":"server_error"}}}\n\n'
    with pytest.raises(sse.BrokenStream) as caught:
        run([failure], kind=EVENTS_OF_RESPONSES)
    assert caught.value.reason == {"code": "server_error"}


@pytest.mark.parametrize(
    "said",
    [
        b'{"response":{"usage":{"input_tokens":7,"output_tokens":1}}}',
        b'{"message":{"usage":{"input_tokens":3,"cache_read_input_tokens":4,"output_tokens":1}}}',
        b'{"usage":{"input_tokens":7,"output_tokens":1}}',
    ],
)
def test_the_usage_of_named_events_is_found(said: bytes) -> None:
    events = PIECE + b"event: y\ndata: " + said + sse.END + PIECE
    assert sse.usage(events) == {"prompt_tokens": 7, "completion_tokens": 1}
