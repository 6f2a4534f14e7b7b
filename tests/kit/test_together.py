"""chutekit in generated repositories: one of each kind of API, so that the whole kit runs once.

The tests of a folder are put beside the repository's own and run there, in a process of their own:
they import the repository's chute.py.
"""

import shutil
from pathlib import Path

import pytest

from scaffold.answers.questions import Questionnaire, template_folder
from scaffold.generated.render import render
from support.repositories import passes

pytestmark = pytest.mark.whole
HERE = Path(__file__).parent
VECTORS = {"workload": "llm", "model": "Qwen/Qwen3-Embedding-0.6B", "cache": "lru"}
RANKS = {"workload": "llm", "model": "BAAI/bge-reranker-v2-m3", "cache": "lru"}
UNLISTED = {"workload": "llm", "task": "embed", "model": "a/b", "revision": "0" * 40}
OWN = {
    "workload": "custom",
    "cache": "lru",
    "concurrency": 4,
    "models": [f"owner/name@{'0' * 40}"],
    "endpoints": [
        {"name": "look", "fields": {"image_b64": {"type": "image_b64", "megapixels": 1}}},
        {
            "name": "tell",
            "fields": {"text": {"type": "str"}},
            "answer": "text/event-stream",
            "gpu": False,
        },
        {"name": "say", "fields": {"text": {"type": "str"}}, "answer": "audio/wav"},
        {"name": "roll", "fields": {"text": {"type": "str"}}, "cache": False},
    ],
}
#: The answers of each repository, and which tests run there.
REPOSITORIES: dict[str, tuple[dict[str, object], tuple[str, ...]]] = {
    "image": ({}, ("every", "image")),
    "edit": ({"model": "Qwen/Qwen-Image-Edit-2511"}, ("every/test_smoke.py", "edit")),
    "custom": (OWN, ("every", "custom")),
    "chat": ({"workload": "llm", "cache": "lru"}, ("every", "llm", "chat")),
    "embed": (VECTORS, ("every", "embed", "llm/engines.py", "llm/test_engine.py")),
    "rerank": (RANKS, ("every", "rerank")),
    "speech": ({"workload": "speech", "cache": "lru"}, ("every",)),
    "sglang": (
        {"workload": "llm", "engine": "sglang"},
        (
            "chat/bodies.py",
            "chat/echoed.py",
            "chat/test_requests.py",
            "chat/test_openai_client.py",
            "chat/test_responses.py",
            "chat/test_messages.py",
            "chat/test_tokens.py",
        ),
    ),
    "pictures": ({"workload": "llm", "model": "Qwen/Qwen3-VL-8B-Instruct"}, ("pictures",)),
    "vectors of one size": (UNLISTED, ("embed/bodies.py", "embed/test_openai_client.py")),
}


@pytest.mark.parametrize(("answers", "sources"), REPOSITORIES.values(), ids=REPOSITORIES)
def test_it_works_in_a_repository(
    tmp_path: Path, answers: dict[str, object], sources: tuple[str, ...]
) -> None:
    resolution = Questionnaire().resolve({"username": "alice", "name": "my-chute", **answers})
    assert not resolution.problems
    render(template_folder(), resolution.answers, tmp_path)
    for source in sources:
        path = HERE / source
        for file in sorted(path.glob("*.py")) if path.is_dir() else [path]:
            shutil.copy(file, tmp_path / "tests")
    ours = [f"tests/{path.name}" for path in sorted((tmp_path / "tests").glob("test_*.py"))]
    passes(tmp_path, *ours)
