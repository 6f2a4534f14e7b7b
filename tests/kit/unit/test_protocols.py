"""What each engine's own protocol has is taken, or refused with the reason in its `refused.py`."""

import ast
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from chutekit.engines import chat, classification, embeddings, messages, ranking, responses
from chutekit.engines.request import EngineRequest
from chutekit.engines.sglang import chat as sglang_chat
from chutekit.engines.sglang import classification as sglang_classification
from chutekit.engines.sglang import embeddings as sglang_embeddings
from chutekit.engines.sglang import endpoints as sglang_endpoints
from chutekit.engines.sglang import refused as sglang_refused
from chutekit.engines.vllm import chat as vllm_chat
from chutekit.engines.vllm import classification as vllm_classification
from chutekit.engines.vllm import embeddings as vllm_embeddings
from chutekit.engines.vllm import endpoints as vllm_endpoints
from chutekit.engines.vllm import ranking as vllm_ranking
from chutekit.engines.vllm import refused as vllm_refused


class VllmChat(vllm_chat.EngineChatFields, chat.ChatFields):
    """As chute.py declares it."""


class VllmCompletion(vllm_chat.EngineFields, chat.CompletionFields):
    """As chute.py declares it."""


class SglangChat(sglang_chat.EngineChatFields, chat.ChatFields):
    """As chute.py declares it."""


class SglangCompletion(sglang_chat.EngineFields, chat.CompletionFields):
    """As chute.py declares it."""


class VllmEmbedding(vllm_embeddings.EngineFields, embeddings.EmbeddingFields):
    """As chute.py declares it."""


class SglangEmbedding(sglang_embeddings.EngineFields, embeddings.EmbeddingFields):
    """As chute.py declares it."""


class VllmClassify(vllm_classification.EngineFields, classification.ClassifyFields):
    """As chute.py declares it."""


class SglangClassify(sglang_classification.EngineFields, classification.ClassifyFields):
    """As chute.py declares it."""


class VllmRerank(vllm_ranking.EngineFields, ranking.RerankFields):
    """As chute.py declares it."""


class VllmJudgedRerank(vllm_ranking.JudgeFields, ranking.RerankFields):
    """As chute.py declares it for a language model that ranks."""


class VllmScore(vllm_ranking.EngineFields, ranking.ScoreFields):
    """As chute.py declares it."""


#: The class of the engine's own, by ours.
VLLM: dict[type[EngineRequest], tuple[str, ...]] = {
    VllmChat: ("ChatCompletionRequest",),
    VllmCompletion: ("CompletionRequest",),
    vllm_endpoints.ResponsesRequest: ("ResponsesRequest",),
    vllm_endpoints.MessagesRequest: ("AnthropicMessagesRequest",),
    vllm_endpoints.CountRequest: ("AnthropicCountTokensRequest",),
    vllm_endpoints.TokenizeRequest: ("TokenizeCompletionRequest", "TokenizeChatRequest"),
    vllm_endpoints.DetokenizeRequest: ("DetokenizeRequest",),
    VllmEmbedding: ("EmbeddingCompletionRequest",),
    VllmClassify: ("ClassificationCompletionRequest",),
    VllmRerank: ("RerankRequest",),
    VllmJudgedRerank: ("RerankRequest",),
    VllmScore: ("ScoreTextRequest",),
}
SGLANG: dict[type[EngineRequest], tuple[str, ...]] = {
    SglangChat: ("ChatCompletionRequest",),
    SglangCompletion: ("CompletionRequest",),
    sglang_endpoints.ResponsesRequest: ("ResponsesRequest",),
    sglang_endpoints.MessagesRequest: ("AnthropicMessagesRequest",),
    sglang_endpoints.CountRequest: ("AnthropicCountTokensRequest",),
    sglang_endpoints.TokenizeRequest: ("TokenizeRequest",),
    sglang_endpoints.DetokenizeRequest: ("DetokenizeRequest",),
    SglangEmbedding: ("EmbeddingRequest",),
    SglangClassify: ("ClassifyRequest",),
}
VLLM_SOURCES = (
    "openai/chat_completion/protocol.py",
    "openai/completion/protocol.py",
    "openai/responses/protocol.py",
    "anthropic/protocol.py",
    "serve/tokenize/protocol.py",
    "pooling/base/protocol.py",
    "pooling/embed/protocol.py",
    "pooling/classify/protocol.py",
    "pooling/scoring/protocol.py",
)
SGLANG_SOURCES = ("openai/protocol.py", "anthropic/protocol.py")


def vllm() -> Path:
    """Where the pinned vLLM has its protocols."""
    python = os.environ.get("TEST_VLLM_PYTHON") or pytest.skip("no TEST_VLLM_PYTHON")
    found = Path(python).parent.parent.glob("lib/python3*/site-packages/vllm/entrypoints")
    return next(found)


def sglang() -> Path:
    """Where the pinned SGLang has its protocols."""
    source = os.environ.get("TEST_SGLANG_SOURCE") or pytest.skip("no TEST_SGLANG_SOURCE")
    return Path(source) / "sglang" / "srt" / "entrypoints"


def protocols(folder: Path, sources: tuple[str, ...]) -> dict[str, ast.ClassDef]:
    """The classes of these files, by name."""
    trees = [ast.parse((folder / source).read_text(encoding="utf-8")) for source in sources]
    return {
        node.name: node for tree in trees for node in tree.body if isinstance(node, ast.ClassDef)
    }


def fields(name: str, known: Mapping[str, ast.ClassDef]) -> Iterator[str]:
    """The fields of a class, those of the classes it derives from included."""
    for base in known[name].bases:
        if isinstance(base, ast.Name) and base.id in known:
            yield from fields(base.id, known)
    for line in known[name].body:
        if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name):
            yield line.target.id


@pytest.fixture(params=["vllm", "sglang"])
def engine(request: pytest.FixtureRequest) -> dict[type[EngineRequest], set[str]]:
    """What an engine's own classes have, by ours."""
    if request.param == "vllm":
        known, ours = protocols(vllm(), VLLM_SOURCES), VLLM
    else:
        known, ours = protocols(sglang(), SGLANG_SOURCES), SGLANG
    return {
        kind: {field for name in names for field in fields(name, known) if field[0] != "_"}
        for kind, names in ours.items()
    }


@pytest.mark.heavy
def test_every_field_is_taken_or_refused_with_a_reason(
    engine: dict[type[EngineRequest], set[str]],
) -> None:
    left = {
        kind.__name__: sorted(theirs - set(kind.model_fields) - set(kind.REFUSED))
        for kind, theirs in engine.items()
    }
    assert {name: names for name, names in left.items() if names} == {}


@pytest.mark.heavy
def test_what_is_passed_on_is_known_to_the_engine(
    engine: dict[type[EngineRequest], set[str]],
) -> None:
    unknown = {
        kind.__name__: sorted(set(kind.model_fields) - kind.NOT_PASSED_ON - theirs)
        for kind, theirs in engine.items()
    }
    assert {name: names for name, names in unknown.items() if names} == {}


@pytest.mark.heavy
def test_no_reason_is_left_of_what_the_engine_dropped(
    engine: dict[type[EngineRequest], set[str]],
) -> None:
    own = vllm_refused.REFUSED if VllmChat in engine else sglang_refused.REFUSED
    assert set(own) - set().union(*engine.values()) == set()


@pytest.mark.parametrize("kind", [*VLLM, *SGLANG])
def test_what_is_refused_is_not_taken_as_well(kind: type[EngineRequest]) -> None:
    assert set(kind.REFUSED) & set(kind.model_fields) == set()
    assert kind.NOT_PASSED_ON - set(kind.model_fields) == set()


@pytest.mark.parametrize("idle", [None, False, 0, [], {}])
@pytest.mark.parametrize("kind", [VllmChat, SglangChat])
def test_what_is_refused_may_be_off(kind: type[EngineRequest], idle: object) -> None:
    body = {"messages": [{"role": "user", "content": "x"}], "priority": idle}
    assert "priority" not in kind.model_validate(body).upstream("my")


def test_nothing_is_kept_by_the_engine() -> None:
    asked = {"input": "x", "store": True, "previous_response_id": None, "user": "u"}
    for endpoints in (vllm_endpoints, sglang_endpoints):
        sent = endpoints.ResponsesRequest.model_validate(asked).upstream("my")
        assert sent == {"input": "x", "store": False, "model": "my"}


def test_encrypted_thinking_goes_only_to_the_engine_that_wrote_it() -> None:
    item = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "x"}
    asked = {"input": [item]}
    taken = [
        endpoints.ResponsesRequest.model_validate(asked).upstream("my")["input"][0]
        for endpoints in (vllm_endpoints, sglang_endpoints)
    ]
    assert taken == [{"type": "reasoning", "id": "rs_1", "summary": []}, item]


def test_empty_values_inside_of_free_form_json_stay() -> None:
    schema = {"type": "object", "properties": {"a": {"default": None}}}
    tool = {"name": "f", "input_schema": schema}
    asked = {"messages": [{"role": "user", "content": "x"}], "max_tokens": 1, "tools": [tool]}
    sent = messages.MessagesFields.model_validate(asked).upstream("my")
    assert sent["tools"] == [tool]


def test_what_only_openais_service_knows_is_told_apart() -> None:
    assert set(responses.REFUSED) & set(vllm_refused.REFUSED) == set()
