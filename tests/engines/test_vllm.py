"""A generated LLM chute, on the real SDK, in front of a stub and of real vLLM.

Where TEST_VLLM_PYTHON names an interpreter with vLLM for CPUs, it serves a tiny model of
random weights from a prepared Hugging Face cache, so the generated code is that of production.
TEST_SGLANG_SOURCE names a folder with SGLang's sources, whose flags are read, not run.
"""

import asyncio
import importlib.util
import json
import math
import os
import runpy
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from chutekit.engines.engine import CHECK_EVERY_SECONDS

from support import tiny_llm
from support.harness import harness
from support.places import ROOT
from support.serving import (
    BACKENDS,
    MARKER,
    STREAMS,
    Served,
    gone,
    memory,
    rendered,
    serving,
    vllm,
    words,
)

LEAVERS = 500
ECHOED = runpy.run_path(str(ROOT / "tests" / "kit" / "chat" / "echoed.py"))["ECHOED"]


@pytest.fixture(scope="module", params=BACKENDS)
def served(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """One for all tests that leave it alive."""
    if not importlib.util.find_spec("chutes"):
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)("needs chutes")
    with serving(request.param, tmp_path_factory.mktemp(request.param)) as served:
        yield served


@pytest.fixture(params=BACKENDS)
def mortal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Served]:
    """One of its own for a test that ends it."""
    if not importlib.util.find_spec("chutes"):
        pytest.skip("needs chutes")
    with serving(request.param, tmp_path) as served:
        yield served


@pytest.fixture(scope="module", params=BACKENDS)
def embedding(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """The same model as one that makes embeddings."""
    if not importlib.util.find_spec("chutes"):
        pytest.skip("needs chutes")
    with serving(request.param, tmp_path_factory.mktemp(request.param), task="embed") as served:
        yield served


def test_plain_and_streamed_answers_agree(served: Served) -> None:
    asked = served.chat(temperature=0)
    plain = served.openai.chat.completions.create(**asked)
    assert plain.usage.completion_tokens == 16
    assert plain.model == served.model
    asked |= {"stream": True, "stream_options": {"include_usage": True}}
    chunks = list(served.openai.chat.completions.create(**asked))
    text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    assert text == plain.choices[0].message.content
    assert chunks[-1].usage.completion_tokens == 16


def test_completions_and_logprobs(served: Served) -> None:
    answer = served.openai.completions.create(
        model=served.model, prompt="Hello", max_tokens=8, extra_body={"ignore_eos": True}
    )
    assert answer.usage.completion_tokens == 8
    answer = served.openai.chat.completions.create(**served.chat(logprobs=True, top_logprobs=2))
    assert answer.choices[0].message.content


@pytest.mark.parametrize("body", ECHOED.values(), ids=ECHOED)
def test_what_clients_echo_is_answered(served: Served, body: dict[str, Any]) -> None:
    answer = served.client.post("/v1/chat/completions", json={**body, "max_tokens": 4})
    assert answer.status_code == 200, answer.text
    assert answer.json()["choices"][0]["message"]["role"] == "assistant"


def test_every_prompt_of_a_list_is_answered(served: Served) -> None:
    asked: dict[str, Any] = {"model": served.model, "max_tokens": 4, "temperature": 1}
    for prompts in (["Hello", "Good morning"], [[5, 6, 7], [8]]):
        answer = served.openai.completions.create(**asked, prompt=prompts, n=2, seed=1)
        assert sorted(choice.index for choice in answer.choices) == [0, 1, 2, 3]
        chunks = served.openai.completions.create(**asked, prompt=prompts, stream=True)
        assert {choice.index for chunk in chunks for choice in chunk.choices} == {0, 1}


def test_what_is_too_long_has_the_code_that_clients_know(served: Served) -> None:
    # Few enough characters for the chute, too many tokens for the engine.
    text = "x " * (3 * tiny_llm.CONTEXT)
    with pytest.raises(openai.BadRequestError, match="maximum context length is") as refused:
        served.openai.chat.completions.create(
            model=served.model, messages=[{"role": "user", "content": text}]
        )
    assert refused.value.code == "context_length_exceeded"


def test_an_answer_in_json(served: Served) -> None:
    schema = {
        "type": "object",
        "properties": {"answer": {"type": "string", "maxLength": 8}},
        "required": ["answer"],
        "additionalProperties": False,
    }
    wanted = {"type": "json_schema", "json_schema": {"name": "reply", "schema": schema}}
    answer = served.openai.chat.completions.create(
        model=served.model,
        messages=[{"role": "user", "content": "Hello"}],
        max_tokens=200,
        response_format=wanted,
    )
    # The engine's grammar lets a model of random weights write control characters.
    assert set(json.loads(answer.choices[0].message.content, strict=False)) == {"answer"}


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])
def test_mistakes_raise_bad_request_errors(served: Served, stream: bool) -> None:
    mistakes: tuple[dict[str, Any], ...] = (
        {"temperature": 11},
        {"messages": []},
        {"max_tokens": tiny_llm.CONTEXT + 1},
        {"model": "gpt-4o"},
        {"extra_body": {"chat_template": "x"}},
        {"messages": [{"role": "user", "content": "Hello " * 1300}]},
    )
    for wrong in mistakes:
        with pytest.raises(openai.BadRequestError) as caught:
            served.openai.chat.completions.create(**served.chat(stream=stream) | wrong)
        error: Any = caught.value
        assert error.body["request_id"]
    assert served.client.get("/health").status_code == 200


def test_many_streams_at_once(served: Served) -> None:
    async def everyone() -> list[int]:
        async with openai.AsyncOpenAI(**served.options) as client:

            async def one() -> int:
                stream = await client.chat.completions.create(
                    **served.chat(32, stream=True, stream_options={"include_usage": True})
                )
                last: Any = [chunk async for chunk in stream][-1]
                return int(last.usage.completion_tokens)

            return await asyncio.gather(*(one() for _ in range(STREAMS)))

    assert asyncio.run(everyone()) == [32] * STREAMS


def test_clients_that_leave_leave_nothing_behind(served: Served) -> None:
    list(served.openai.chat.completions.create(**served.chat(stream=True)))
    before = served.holds()
    statuses = asyncio.run(leave(served))
    assert statuses.count(200) >= 0.9 * LEAVERS
    wait_for(lambda: served.client.get("/health").json()["in_flight"] == 0)
    wait_for(lambda: counts_nothing(served))
    assert served.metric("llm_waiting_requests") == 0
    wait_for(lambda: all(now <= then + 8 for now, then in zip(served.holds(), before, strict=True)))
    assert served.openai.chat.completions.create(**served.chat()).usage.completion_tokens == 16


async def leave(served: Served) -> list[int]:
    """Begin streams that would be long, and go away after none to three of their events."""
    room = asyncio.Semaphore(STREAMS - 4)
    async with httpx.AsyncClient(base_url=served.chute.url, timeout=60) as client:

        async def one(number: int) -> int:
            asked = served.chat(900, stream=True)
            body = {**asked, **asked.pop("extra_body")}
            body.pop("extra_body", None)
            async with (
                room,
                client.stream("POST", "/v1/chat/completions", json=body) as answer,
            ):
                lines = answer.aiter_lines()
                for _ in range(number % 4):
                    await anext(lines, None)  # a refusal has one line
                return answer.status_code

        return await asyncio.gather(*(one(number) for number in range(LEAVERS)))


def counts_nothing(served: Served) -> bool:
    """Has the engine nothing left, once it has counted again and the chute has read it?

    vLLM counts when it makes a step, and makes none after the last client has left.
    """
    served.openai.chat.completions.create(**served.chat(1))
    time.sleep(CHECK_EVERY_SECONDS + 1)
    return served.metric("llm_running_requests") == 0


def wait_for(reached: Callable[[], bool], seconds: float = 180) -> None:
    """Fail unless it comes to that; an engine on a busy machine takes its time."""
    deadline = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.5)


def test_embeddings(embedding: Served) -> None:
    create = embedding.openai.embeddings.create
    answer = create(model=embedding.model, input=["Hello", "The quick brown fox", "Hello"])
    one, other, same = (found.embedding for found in answer.data)
    assert one == pytest.approx(same, abs=1e-3)
    assert one != pytest.approx(other, abs=1e-3)
    assert math.hypot(*one) == pytest.approx(1, abs=1e-3)
    assert answer.model == embedding.model
    assert answer.usage.prompt_tokens > 3
    plain = create(model=embedding.model, input="Hello", encoding_format="float")
    assert plain.data[0].embedding == pytest.approx(one, abs=1e-3)
    tokens = create(model=embedding.model, input=[[1, 2, 3], [4]])
    assert tokens.usage.prompt_tokens == 4


def test_wrong_requests_for_embeddings(embedding: Served) -> None:
    mistakes: tuple[dict[str, Any], ...] = (
        {"input": []},
        {"input": ["x", 1]},
        {"input": "Hello " * 1300},
        {"dimensions": 64},
        {"encoding_format": "hex"},
        {"model": "gpt-4o"},
        {"extra_body": {"priority": 1}},
    )
    for wrong in mistakes:
        with pytest.raises(openai.BadRequestError):
            embedding.openai.embeddings.create(
                **{"model": embedding.model, "input": "Hello"} | wrong
            )
    assert embedding.client.get("/health").status_code == 200


def test_many_texts_at_once(embedding: Served) -> None:
    async def everyone() -> list[int]:
        async with openai.AsyncOpenAI(**embedding.options) as client:

            async def one(number: int) -> int:
                texts = [f"{MARKER} {number} {text}" for text in range(32)]
                answer = await client.embeddings.create(model=embedding.model, input=texts)
                return len(answer.data)

            return await asyncio.gather(*(one(number) for number in range(STREAMS)))

    assert asyncio.run(everyone()) == [32] * STREAMS
    # What tells a hung engine from a busy one.
    deadline = time.monotonic() + 15
    while not embedding.metric("llm_prompt_tokens_total") and time.monotonic() < deadline:
        time.sleep(0.5)
    assert embedding.metric("llm_prompt_tokens_total") > 32 * STREAMS
    assert MARKER not in embedding.chute.log.read_text()


def test_an_engine_that_comes_back_has_lost_no_request(served: Served) -> None:
    """Stopped for longer than a server usually keeps a connection that nothing arrives on.

    A server that closes the connections it shares with us by a timer would, when it wakes up, close
    this one before it reads the request that waits there.
    """
    # The guard has the engine's command among its arguments.
    engine = [pid for pid in served.processes() if "--port" in words(pid)][1]
    served.openai.chat.completions.create(**served.chat(1))
    time.sleep(1.5)
    os.kill(engine, signal.SIGSTOP)
    wakes = threading.Timer(5, os.kill, (engine, signal.SIGCONT))
    wakes.start()
    try:
        assert served.openai.chat.completions.create(**served.chat(4)).choices
    finally:
        wakes.join()


def test_the_log_holds_no_prompt_and_no_trace(served: Served) -> None:
    log = served.chute.log.read_text()
    assert MARKER not in log
    assert "Traceback" not in log
    tokens = [event for event in served.chute.events("request") if event.get("completion_tokens")]
    assert tokens


def test_an_engine_that_is_killed(mortal: Served) -> None:
    processes = mortal.processes()
    stream = mortal.openai.chat.completions.create(**mortal.chat(900, stream=True))
    next(iter(stream))
    os.kill(max(processes[1:], key=memory), signal.SIGKILL)
    with pytest.raises(openai.APIError, match="stopped in the middle"):
        list(stream)
    mortal.chute.wait_for("instance_failed", 20)
    assert mortal.client.get("/health").status_code == 503
    assert mortal.chute.process.wait(20) == 1
    assert gone(processes)


def test_sigterm_lets_a_stream_finish(mortal: Served) -> None:
    processes = mortal.processes()
    stream = mortal.openai.chat.completions.create(**mortal.chat(200, stream=True))
    first = next(iter(stream))
    mortal.chute.terminate()
    rest = list(stream)
    assert first.id == rest[-1].id
    assert rest[-1].choices[0].finish_reason in ("length", "stop")
    assert mortal.chute.process.wait(30) == 0
    assert gone(processes)


def test_a_killed_chute_leaves_no_engine(mortal: Served) -> None:
    processes = mortal.processes()
    mortal.chute.kill()
    assert len(processes) > 2
    assert gone(processes)


@pytest.mark.heavy
def test_an_engine_that_cannot_start_says_why(tmp_path: Path) -> None:
    """The process with the cause is not the one that complains last, and longest."""
    environment = tiny_llm.environment(tmp_path / "cache", vllm())
    environment["CHUTE_ENGINE_ARGS"] += " --num-gpu-blocks-override 1"
    running = harness(rendered(tmp_path / "repository"))
    chute = running.RunningChute(running.DEVELOPMENT, tmp_path / "log", **environment)
    chute.start()
    try:
        assert chute.process.wait(180) == 1
    finally:
        chute.kill()
    told = {event["process"]: event["lines"] for event in chute.events("engine_output")}
    assert any("ValueError" in line for line in told["EngineCore"]), told
