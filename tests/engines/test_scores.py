"""Real vLLM classifies and reranks as transformers does, through a generated chute.

One engine for each task. The reranker is a tiny Qwen3 of random weights under the name and commit
of one of the catalog, so that what chute.py tells the engine of it is that of production.
"""

import concurrent.futures
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from support import tiny_scores
from support.harness import harness
from support.places import ROOT
from support.serving import MARKER, Served, rendered, vllm

pytestmark = pytest.mark.heavy
CATALOG = yaml.safe_load((ROOT / "template/data/models.yml").read_bytes())["catalog"]["default"]
RERANKER = next(entry for entry in CATALOG["llm"] if entry["id"] == "Qwen/Qwen3-Reranker-0.6B")
CLASSIFIER = {"id": "example/tiny-classifier", "revision": "0" * 40}
TOLERANCE = 1e-3
NUMBERS = ("relevance_score", "score", "probs")
QUERY = f"When does the ferry leave {MARKER}"
DOCUMENTS = ["At nine.", "It has two beaches and a lighthouse.", "no yes", "An invoice"]
# In the words of the model card.
PROMPT = (
    "<|im_start|>system\nJudge whether the Document meets the requirements based on the Query and "
    'the Instruct provided. Note that the answer can only be "yes" or "no".<|im_end|>\n'
    "<|im_start|>user\n<Instruct>: {instruction}\n<Query>: {query}\n<Document>: {document}"
    "<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n"
)
INSTRUCTION = "Given a web search query, retrieve relevant passages that answer the query"


@contextmanager
def serving(kind: str, entry: dict[str, Any], folder: Path, **answers: object) -> Iterator[Served]:
    """A chute of a tiny model under the name and commit of an entry."""
    names = {"model": entry["id"], "revision": entry["revision"]}
    repository = rendered(
        folder / "repository", **names, context_length=tiny_scores.CONTEXT, **answers
    )
    running: Any = harness(repository)
    running.START_SECONDS = 300.0
    environment = tiny_scores.environment(folder / "cache", vllm(), kind, **names)
    with running.RunningChute(running.DEVELOPMENT, folder / "log", **environment) as chute:
        served = Served(chute)
        with served.client, served.openai:
            yield served


def bare(served: Served, path: str, body: dict[str, Any]) -> Any:
    """What the engine itself answers."""
    with served.engine() as engine:
        answer = engine.post(path, json=body | {"model": served.model})
    assert answer.status_code == 200, answer.text
    return answer.json()


def ours(served: Served, path: str, body: dict[str, Any]) -> Any:
    """What the chute answers."""
    answer = served.client.post(path, json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def near(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """An answer whose numbers are compared as those of another batch can be."""
    return [
        {
            name: pytest.approx(value, abs=TOLERANCE) if name in NUMBERS else value
            for name, value in item.items()
        }
        for item in found
    ]


def refused(served: Served, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """The error that a wrong body gets."""
    answer = served.client.post(path, json=body)
    assert answer.status_code == 400, answer.text
    error: dict[str, Any] = answer.json()["error"]
    return error


def test_rerank_and_score(tmp_path: Path) -> None:
    with serving("judge", RERANKER, tmp_path, task="rerank") as served:
        asked = {"query": QUERY, "documents": DOCUMENTS}
        _in_the_order_of_the_models_own_scores(served, tmp_path / "cache", asked)
        _each_client_gets_the_same(served, asked)
        _what_is_too_long_and_what_is_cut(served, asked)
        _many_at_once(served, "/v1/rerank", asked, "results")
        assert MARKER not in served.chute.log.read_text()


def _in_the_order_of_the_models_own_scores(
    served: Served, cache: Path, asked: dict[str, Any]
) -> None:
    instructions = (INSTRUCTION, "Find timetables.")
    prompts = [
        PROMPT.format(instruction=instruction, query=QUERY, document=document)
        for instruction in instructions
        for document in DOCUMENTS
    ]
    told = tiny_scores.told(cache, vllm(), "judge", RERANKER["id"], RERANKER["revision"], prompts)
    plain, instructed = told[: len(DOCUMENTS)], told[len(DOCUMENTS) :]
    assert plain != pytest.approx(instructed, abs=TOLERANCE)
    assert max(plain) - min(plain) > 10 * TOLERANCE
    for more, expected in (({}, plain), ({"instruction": instructions[1]}, instructed)):
        found = ours(served, "/v1/rerank", asked | more)["results"]
        scores = {item["index"]: item["relevance_score"] for item in found}
        assert [scores[place] for place in range(len(DOCUMENTS))] == pytest.approx(
            expected, abs=TOLERANCE
        )
        best = sorted(range(len(DOCUMENTS)), key=lambda place: -expected[place])
        assert [item["index"] for item in found] == best
        pairs = {"text_1": QUERY, "text_2": DOCUMENTS} | more
        scored = [item["score"] for item in ours(served, "/v1/score", pairs)["data"]]
        assert scored == pytest.approx(expected, abs=TOLERANCE)


def _each_client_gets_the_same(served: Served, asked: dict[str, Any]) -> None:
    engines = near(bare(served, "/rerank", asked)["results"])
    as_objects = asked | {"documents": [{"text": text} for text in DOCUMENTS]}
    for path in ("/v1/rerank", "/v2/rerank"):
        for body in (asked, as_objects, asked | {"return_documents": False, "user": "u"}):
            assert ours(served, path, body)["results"] == engines
    assert ours(served, "/v2/rerank", asked | {"top_n": 2})["results"] == engines[:2]
    usage = ours(served, "/v1/rerank", asked)["usage"]
    assert usage["prompt_tokens"] > len(DOCUMENTS)
    pairs = {"text_1": [QUERY, "Hello"], "text_2": DOCUMENTS[:2]}
    scored = ours(served, "/v1/score", pairs)["data"]
    assert scored == near(bare(served, "/score", pairs)["data"])


def _what_is_too_long_and_what_is_cut(served: Served, asked: dict[str, Any]) -> None:
    # Few enough characters for the chute, too many tokens for the engine.
    long = asked | {"documents": ["x " * tiny_scores.CONTEXT]}
    assert refused(served, "/v1/rerank", long)["code"] == "context_length_exceeded"
    assert ours(served, "/v1/rerank", long | {"max_tokens_per_doc": 8})["results"]
    mistakes: tuple[dict[str, Any], ...] = (
        {"top_n": -1},
        {"documents": []},
        {"chat_template_kwargs": {"a": 1}},
        {"truncate_prompt_tokens": 8},
    )
    for wrong in mistakes:
        assert refused(served, "/v1/rerank", asked | wrong)["param"] == next(iter(wrong))
    assert served.client.get("/health").status_code == 200


def test_classify(tmp_path: Path) -> None:
    with serving("classifier", CLASSIFIER, tmp_path, task="classify") as served:
        texts = [f"Hello {MARKER}", "Send it now!", "It is calm."]
        told = tiny_scores.told(
            tmp_path / "cache",
            vllm(),
            "classifier",
            CLASSIFIER["id"],
            CLASSIFIER["revision"],
            texts,
        )
        found = ours(served, "/v1/classify", {"input": texts})["data"]
        for item, expected in zip(found, told, strict=True):
            assert item["probs"] == pytest.approx(expected, abs=TOLERANCE)
            assert item["label"] == tiny_scores.LABELS[expected.index(max(expected))]
        assert found == near(bare(served, "/classify", {"input": texts})["data"])
        assert ours(served, "/v1/classify", {"input": [[8, 9], [10]]})["usage"]["total_tokens"] == 3
        long = {"input": "x " * tiny_scores.CONTEXT}
        assert refused(served, "/v1/classify", long)["code"] == "context_length_exceeded"
        assert ours(served, "/v1/classify", long | {"truncate_prompt_tokens": -1})["data"]
        mistakes: tuple[dict[str, Any], ...] = (
            {"input": []},
            {"input": [10**6]},
            {"model": "gpt-4o"},
            {"priority": 1},
        )
        for wrong in mistakes:
            error = refused(served, "/v1/classify", {"input": "x"} | wrong)
            assert error["param"].startswith(next(iter(wrong)))
        _many_at_once(served, "/v1/classify", {"input": texts * 10}, "data")
        assert MARKER not in served.chute.log.read_text()


def _many_at_once(served: Served, path: str, body: dict[str, Any], answers: str) -> None:
    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        calls = [pool.submit(ours, served, path, body) for _ in range(32)]
        assert len({len(call.result()[answers]) for call in calls}) == 1
