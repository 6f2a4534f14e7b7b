"""The numbers of requests, and those that programs hold badly."""

from collections.abc import Iterator
from typing import Any

from chutekit.engines import chat, classification, embeddings, ranking
from chutekit.engines.request import EngineRequest
from chutekit.engines.sglang import chat as sglang_chat
from chutekit.engines.sglang import embeddings as sglang_embeddings
from chutekit.engines.sglang import endpoints as sglang_endpoints
from chutekit.engines.vllm import chat as vllm_chat
from chutekit.engines.vllm import classification as vllm_classification
from chutekit.engines.vllm import embeddings as vllm_embeddings
from chutekit.engines.vllm import endpoints as vllm_endpoints
from chutekit.engines.vllm import ranking as vllm_ranking
from pydantic import BaseModel

EXTREMES = (0, -1, 1, 2**31 - 1, 2**31, 2**40, 2**63 - 1, 2**63, 2**64, 0.0, -0.0, 1e-45, 1e308)
HELLO: dict[str, Any] = {"messages": [{"role": "user", "content": "Hello"}]}


class VllmChat(vllm_chat.EngineChatFields, chat.ChatFields):
    """As chute.py declares it."""


class VllmCompletion(vllm_chat.EngineFields, chat.CompletionFields):
    """As chute.py declares it, but for its prompts."""

    prompt: str


class VllmEmbedding(vllm_embeddings.EngineFields, embeddings.EmbeddingFields):
    """As chute.py declares it, but for its texts."""

    input: str


class VllmClassify(vllm_classification.EngineFields, classification.ClassifyFields):
    """As chute.py declares it, but for its texts."""

    input: str


class VllmRerank(vllm_ranking.EngineFields, ranking.RerankFields):
    """As chute.py declares it."""


class VllmScore(vllm_ranking.JudgeFields, ranking.ScoreFields):
    """As chute.py declares it for a language model that ranks."""


class SglangChat(sglang_chat.EngineChatFields, chat.ChatFields):
    """As chute.py declares it."""


class SglangCompletion(sglang_chat.EngineFields, chat.CompletionFields):
    """As chute.py declares it, but for its prompts."""

    prompt: str


class SglangEmbedding(sglang_embeddings.EngineFields, embeddings.EmbeddingFields):
    """As chute.py declares it, but for its texts."""

    input: str


KINDS: list[type[EngineRequest]] = [
    VllmChat,
    VllmCompletion,
    VllmEmbedding,
    VllmClassify,
    VllmRerank,
    VllmScore,
    *vllm_endpoints.ENDPOINTS.values(),
    SglangChat,
    SglangCompletion,
    SglangEmbedding,
    *sglang_endpoints.ENDPOINTS.values(),
]


def numbers(kind: type[BaseModel]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each number of a request: where it stands, and its JSON Schema."""
    schema = kind.model_json_schema()
    parts = schema.get("$defs", {})

    def inside(node: Any, path: str, seen: tuple[str, ...]) -> Iterator[tuple[str, dict[str, Any]]]:
        if not isinstance(node, dict):
            return
        if (name := node.get("$ref", "").rpartition("/")[2]) and name not in seen:
            yield from inside(parts[name], path, (*seen, name))
        if node.get("type") in ("integer", "number"):
            yield path, node
        for field, below in node.get("properties", {}).items():
            yield from inside(below, f"{path}.{field}" if path else field, seen)
        for word in ("anyOf", "oneOf", "allOf", "prefixItems"):
            for below in node.get(word, ()):
                yield from inside(below, path, seen)
        for word in ("items", "additionalProperties"):
            yield from inside(node.get(word), f"{path}.*", seen)

    yield from inside(schema, "", ())
