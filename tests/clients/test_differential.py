"""What clients send, to real vLLM and to the chute in front of it.

Wherever the engine answers and the chute does not, it is a protection: of a field that
`chutekit/engines/vllm/refused.py` names with its reason, or one of `PROTECTIONS` here. The bodies
are those that clients sent in test_clients.py, those of tests/kit, and `MORE`.
"""

from __future__ import annotations

import importlib
import json
import runpy
from collections.abc import Iterator
from functools import cache
from typing import Any

import httpx
import pytest

from support.clients import recorded
from support.clients.recorded import Sent
from support.places import TESTS
from support.serving import Served, serving

pytestmark = pytest.mark.heavy
CHAT, COMPLETIONS, RESPONSES, MESSAGES = (
    "/v1/chat/completions",
    "/v1/completions",
    "/v1/responses",
    "/v1/messages",
)
EMBEDDINGS = "/v1/embeddings"
#: The field that bounds an answer, which is short here: a model of random weights never ends.
BOUNDS = {
    CHAT: "max_completion_tokens",
    COMPLETIONS: "max_tokens",
    RESPONSES: "max_output_tokens",
    MESSAGES: "max_tokens",
}
TOKENS = 8
HELLO: dict[str, Any] = {"messages": [{"role": "user", "content": "Hello"}]}
ECHOED = runpy.run_path(str(TESTS / "kit" / "chat" / "echoed.py"))["ECHOED"]
#: What the engine takes and the chute refuses, by the field that the error names.
PROTECTIONS = {
    "no_such_field": "vLLM ignores what it does not know; here nobody shall believe that a "
    "misspelt field had an effect",
    "n": "one request would take the places of many",
    "top_logprobs": "without logprobs it has no effect, which the client would not see",
}
#: What nothing here sends by itself, or what is refused on purpose.
MORE: dict[str, tuple[str, dict[str, Any]]] = {
    "lm-eval, choices": (
        COMPLETIONS,
        {
            "prompt": [[5, 6, 7], [8, 9]],
            "max_tokens": 1,
            "temperature": 0,
            "logprobs": 1,
            "echo": True,
            "seed": 1234,
        },
    ),
    "lm-eval, texts": (
        COMPLETIONS,
        {
            "prompt": ["Hello", "Good morning"],
            "max_tokens": 8,
            "temperature": 0,
            "stop": ["\n\n"],
            "seed": 1234,
        },
    ),
    "guidellm": (
        CHAT,
        HELLO
        | {
            "max_completion_tokens": 8,
            "ignore_eos": True,
            "stream": True,
            "stream_options": {"include_usage": True, "continuous_usage_stats": True},
        },
    ),
    "a misspelt field": (CHAT, HELLO | {"no_such_field": 1}),
    "many answers": (CHAT, HELLO | {"n": 100, "temperature": 1}),
    "logprobs of nothing": (CHAT, HELLO | {"top_logprobs": 0, "logprobs": False}),
    "beam search": (COMPLETIONS, {"prompt": "Hello", "use_beam_search": True, "n": 2}),
    "a name of a request": (CHAT, HELLO | {"request_id": "mine"}),
    "settings of the operator": (CHAT, HELLO | {"vllm_xargs": {"a": 1}}),
    "messages to the model": (RESPONSES, {"input": "Hello", "enable_response_messages": True}),
}


def bodies() -> dict[str, Sent]:
    """All of them, by a name."""
    sent = {f"{one} {number}": one for number, one in enumerate(recorded.read())}
    others = {name: (CHAT, body) for name, body in ECHOED.items()} | MORE
    return sent | {
        name: Sent(name, path, json.dumps(body)) for name, (path, body) in others.items()
    }


#: What the engine has answered.
ANSWERED: set[str] = set()
OF_TEXT = {name: sent for name, sent in bodies().items() if sent.path != EMBEDDINGS}
OF_VECTORS = {name: sent for name, sent in bodies().items() if sent.path == EMBEDDINGS}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A chute that may call tools, whose model calls none."""
    parser = "--enable-auto-tool-choice --tool-call-parser hermes"
    with serving("vllm", tmp_path_factory.mktemp("chat"), parser) as served:
        yield served


@pytest.fixture(scope="module")
def vectors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A chute that makes vectors."""
    with serving("vllm", tmp_path_factory.mktemp("vectors"), task="embed") as served:
        yield served


@pytest.fixture(scope="module")
def engine(served: Served) -> Iterator[httpx.Client]:
    """The engine of the first."""
    with served.engine() as client:
        yield client


@pytest.mark.parametrize("sent", OF_TEXT.values(), ids=OF_TEXT)
def test_what_the_engine_answers_the_chute_answers(
    served: Served, engine: httpx.Client, sent: Sent
) -> None:
    compare(served, engine, sent)


@pytest.mark.parametrize("sent", OF_VECTORS.values(), ids=OF_VECTORS)
def test_what_the_engine_embeds_the_chute_embeds(vectors: Served, sent: Sent) -> None:
    with vectors.engine() as engine:
        compare(vectors, engine, sent)


def compare(served: Served, engine: httpx.Client, sent: Sent) -> None:
    """Send a body both ways."""
    body = bounded(sent) | {"model": served.model}
    bare = engine.post(sent.path, json=body)
    ours = served.client.post(sent.path, json=body)
    if bare.status_code != 200:
        assert bare.status_code == 400, bare.text
        return
    ANSWERED.add(str(body))
    if ours.status_code == 200:
        return
    assert ours.status_code == 400, ours.text
    wrong = {field["field"].partition(".")[0] for field in ours.json()["error"]["fields"]}
    assert wrong
    assert wrong <= refused() | PROTECTIONS.keys(), ours.text


@cache
def refused() -> set[str]:
    """The fields that the kit names with the reason why they are refused."""
    modules = ("vllm.refused", "responses", "messages")
    lists = (importlib.import_module(f"chutekit.engines.{name}").REFUSED for name in modules)
    return {name for one in lists for name in one}


def bounded(sent: Sent) -> dict[str, Any]:
    """A body whose answer is short."""
    body = sent.body
    if bound := BOUNDS.get(sent.path):
        name = "max_tokens" if "max_tokens" in body else bound
        if not isinstance(body.get(name), int) or body[name] > TOKENS:
            body[name] = TOKENS
    return body


def test_the_engine_answers_nearly_all_of_it() -> None:
    """What it refuses says nothing here: thinking needs more tokens than its model has."""
    assert len(ANSWERED) > 0.9 * len(bodies())
