"""What answers are accepted, what is said about the others, and what follows from them."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scaffold.answers import advice
from scaffold.answers.questions import Questionnaire
from scaffold.cost import estimate
from support.answers import A_COMMIT, REQUIRED

QUESTIONNAIRE = Questionnaire()
TASKS = ("chat", "embed", "classify", "rerank")


def problems(questionnaire: Questionnaire, **answers: Any) -> dict[str, str]:
    """Messages by key for `answers` laid over the required ones."""
    found = questionnaire.resolve({**REQUIRED, **answers}).problems
    return {problem.key: problem.message for problem in found}


def test_the_required_answers_are_enough(questionnaire: Questionnaire) -> None:
    resolution = questionnaire.resolve(REQUIRED)
    assert resolution.problems == []
    assert resolution.answers["workload"] == "image"
    assert resolution.answers["concurrency"] == 1
    assert resolution.derived["eligible_gpus"] == ["pro_6000"]


def test_llm_has_its_own_defaults(questionnaire: Questionnaire) -> None:
    answers = questionnaire.resolve({**REQUIRED, "workload": "llm"}).answers
    assert (answers["engine"], answers["concurrency"], answers["cache"]) == ("vllm", 64, "none")
    assert answers["context_length"] == 8192


def test_a_model_that_sees_takes_pictures(questionnaire: Questionnaire) -> None:
    model = {"workload": "llm", "model": "Qwen/Qwen3.8-27B"}
    answers = questionnaire.resolve({**REQUIRED, **model}).answers
    assert (answers["pictures"], answers["context_length"]) == (4, 32768)
    # 51.8 GiB of weights, 2.1 of cache and 2.5 besides, of which 0.84 can be used.
    assert answers["min_vram_gb_per_gpu"] == 68
    blind = questionnaire.resolve({**REQUIRED, "workload": "llm"}).answers
    assert blind["pictures"] == 0


def test_an_embedding_model_is_known_as_one(questionnaire: Questionnaire) -> None:
    model = {"workload": "llm", "model": "Qwen/Qwen3-Embedding-0.6B"}
    resolution = questionnaire.resolve({**REQUIRED, **model})
    assert resolution.answers["task"] == "embed"
    assert resolution.answers["tagline"].startswith("Embeddings")
    assert resolution.derived["layer"]["embed"] == "."
    assert not resolution.derived["layer"]["chat"]


def test_a_reranker_is_known_as_one(questionnaire: Questionnaire) -> None:
    model = {"workload": "llm", "model": "BAAI/bge-reranker-v2-m3"}
    resolution = questionnaire.resolve({**REQUIRED, **model})
    assert (resolution.answers["task"], resolution.problems) == ("rerank", [])
    # 1.1 GiB of weights and 2.5 besides: an encoder keeps nothing of a request.
    assert resolution.derived["needed_gb"] == 5
    layers = resolution.derived["layer"]
    assert [name for name in TASKS if layers[name]] == ["rerank"]


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("username", "al", "3 to 15"),
        ("username", "alice smith", "3 to 15"),
        ("username", "al.ice", "3 to 15"),
        ("username", "a" * 16, "3 to 15"),
        ("username", 123, "quotes"),
        ("username", "alice\n", "3 to 15"),
        ("name", "My-Chute", "lower-case"),
        ("name", "chute-", "hyphen"),
        ("name", "1chute", "starting with a letter"),
        ("name", "a" * 49, "3 to 48"),
        ("name", None, "is required"),
        ("name", "raffinement", 'must not contain "affine"'),
        ("name", "leomaster", 'must not contain "leoma"'),
        ("name", "my-babelbit-chute", 'must not contain "babelbit"'),
        ("name", "turbovision", 'must not contain "turbovision"'),
        ("name", "vocence2", 'must not contain "vocence"'),
        ("name", "chronoseek", 'must not contain "chronoseek"'),
        ("name", "glyph-art", 'must not contain "glyph"'),
        ("name", "prometheon", 'must not contain "prometheon"'),
        ("tagline", "x" * 1025, "at most 1024"),
        ("workload", "video", "must be one of: image, llm"),
        ("engine", "vllm", "must be one of: diffusers"),
        ("model", "not a model", "owner/name"),
        ("model", "Qwen/Qwen3-8B", "for workload llm"),
        ("revision", "main", "never a branch"),
        ("revision", A_COMMIT[:-1], "40 hex digits"),
        ("tee", "perhaps", "true or false"),
        ("tee", 1, "true or false"),
        ("gpu_count", 0, "from 1 to 8"),
        ("gpu_count", 9, "from 1 to 8"),
        ("gpu_count", 2.5, "from 1 to 8"),
        ("gpu_count", True, "from 1 to 8"),
        ("gpu_count", "two", "from 1 to 8"),
        ("min_vram_gb_per_gpu", 8, "from 16 to 140"),
        ("min_vram_gb_per_gpu", 141, "from 16 to 140"),
        ("include", ["rtx4090"], "did you mean 4090?"),
        ("include", ["H100"], "did you mean h100?"),
        ("include", "pro_6000", "must be a list"),
        ("exclude", ["a4000", "l4", "a10", "4090", "5090", "a40"], "at most 5"),
        ("exclude", ["pro_6000"], "leaves no GPU"),
        ("max_hourly_price_per_gpu", 0, "above 0"),
        ("max_hourly_price_per_gpu", 10, "below 10"),
        ("max_hourly_price_per_gpu", 1.0, "leaves no GPU"),
        ("max_hourly_price_per_gpu", float("nan"), "above 0"),
        ("concurrency", 2, "must be 1"),
        ("max_instances", 101, "from 1 to 100"),
        ("scaling_threshold", 0, "above 0"),
        ("scaling_threshold", 1.01, "at most 1"),
        ("shutdown_after_seconds", 59, "from 60"),
        ("shutdown_after_seconds", 604801, "604800"),
        ("staging_max_instances", -1, "from 1 to 100"),
        ("cache", "memcached", "must be one of: none, lru, redis"),
        ("ci", "gitlab", "must be one of: github, none"),
        (
            "base_image",
            "nvidia/cuda:12.8",
            "the bases for which the commands of the image are written",
        ),
        ("base_image", "parachutes/python", "parachutes"),
        ("context_length", 4096, "does not apply"),
    ],
)
def test_a_wrong_answer_is_named_with_its_rule(
    questionnaire: Questionnaire, key: str, value: Any, says: str
) -> None:
    found = problems(questionnaire, **{key: value})
    assert says in found[key]
    assert list(found) == [key]


@pytest.mark.parametrize(
    ("answers", "key", "says"),
    [
        ({"model": "someone/something"}, "revision", "is required"),
        ({"name": "my-tee", "tee": False}, "tee", "must be true"),
        ({"name": "committee", "tee": False}, "tee", "must be true"),
        ({"workload": "llm", "task": "embed"}, "task", "must be chat"),
        ({"workload": "llm", "task": "classify"}, "task", "must be chat"),
        (
            {"workload": "llm", "task": "chat", "model": "Qwen/Qwen3-Reranker-4B"},
            "task",
            "must be rerank",
        ),
        (
            {"workload": "llm", "engine": "sglang", "model": "Qwen/Qwen3-Reranker-4B"},
            "task",
            "take engine vllm",
        ),
        (
            {"workload": "llm", "task": "chat", "model": "Qwen/Qwen3-Embedding-4B"},
            "task",
            "must be embed",
        ),
        ({"task": "chat"}, "task", "must be one of: generate, edit"),
        ({"task": "edit"}, "task", "must be generate: stabilityai/stable-diffusion-xl-base-1.0"),
        ({"task": "generate", "model": "Qwen/Qwen-Image-Edit-2511"}, "task", "must be edit"),
        ({"workload": "custom", "task": "edit"}, "task", "does not apply"),
        ({"pictures": 1}, "pictures", "does not apply"),
        ({"workload": "llm", "pictures": 1}, "pictures", "must be 0: Qwen/Qwen3-8B does not see"),
        (
            {"workload": "llm", "model": "Qwen/Qwen3-Embedding-4B", "pictures": 1},
            "pictures",
            "only a chat takes pictures",
        ),
        (
            {"workload": "llm", "model": "Qwen/Qwen3.8-27B", "pictures": 9},
            "pictures",
            "from 0 to 8",
        ),
        ({"tool_parser": "hermes"}, "tool_parser", "does not apply"),
        ({"workload": "llm", "tool_parser": "qwen25"}, "tool_parser", "a parser of vllm: apertus"),
        (
            {"workload": "llm", "engine": "sglang", "reasoning_parser": "glm47"},
            "reasoning_parser",
            "a parser of sglang: ",
        ),
        (
            {"workload": "llm", "model": "Qwen/Qwen3-Embedding-4B", "tool_parser": "hermes"},
            "tool_parser",
            "must be empty: only a chat",
        ),
        ({"workload": "llm", "gpu_count": 3}, "gpu_count", "attention heads"),
        ({"workload": "llm", "context_length": 50000}, "context_length", "at most 40960"),
        ({"workload": "llm", "model": "Qwen/Qwen3-32B", "include": ["4090"]}, "include", "79 GB"),
        ({"workload": "llm", "include": [], "min_vram_gb_per_gpu": 16}, "include", "cannot hold"),
        ({"workload": "llm", "concurrency": 257}, "concurrency", "from 1 to 256"),
    ],
)
def test_answers_that_do_not_go_together(
    questionnaire: Questionnaire, answers: dict[str, Any], key: str, says: str
) -> None:
    found = problems(questionnaire, **answers)
    assert says in found[key]
    assert list(found) == [key]


def test_all_problems_come_at_once(questionnaire: Questionnaire) -> None:
    given = {"nmae": "x", "gpu_count": 9, "tee": "x", "include": ["t4"], "concurrency": 0}
    found = {p.key: p.message for p in questionnaire.resolve(given).problems}
    assert set(found) == {"nmae", "username", "name", "gpu_count", "tee", "include", "concurrency"}
    assert "did you mean name?" in found["nmae"]


def test_facts_and_derived_values_are_no_answers(questionnaire: Questionnaire) -> None:
    for key in ("gpus", "layer", "image_tag", "needed_gb", "version"):
        assert "is not a question" in problems(questionnaire, **{key: "x"})[key]


def test_unquoted_gpu_numbers_are_gpu_names(questionnaire: Questionnaire) -> None:
    resolution = questionnaire.resolve({**REQUIRED, "include": [4090, "h100"]})
    assert resolution.problems == []
    assert resolution.answers["include"] == ["4090", "h100"]


def test_every_catalog_model_works_with_the_defaults(questionnaire: Questionnaire) -> None:
    catalog = questionnaire.resolve(REQUIRED).derived["catalog"]
    for workload, entries in catalog.items():
        for entry in entries:
            found = problems(questionnaire, workload=workload, model=entry["id"])
            fits = questionnaire.resolve({**REQUIRED, "workload": workload, "model": entry["id"]})
            assert found == {} or fits.derived["needed_gb"] > 96, entry["id"]


def test_jinja_in_an_answer_stays_text(questionnaire: Questionnaire) -> None:
    answers = questionnaire.resolve({**REQUIRED, "tagline": "{{ 7*7 }}"}).answers
    assert answers["tagline"] == "{{ 7*7 }}"


def test_cost_follows_the_eligible_gpus(questionnaire: Questionnaire) -> None:
    answers = {**REQUIRED, "gpu_count": 2, "include": ["h100", "h200"], "max_instances": 5}
    costs = estimate(questionnaire.resolve(answers).context)
    assert costs["prod"].gpus == ["h100", "h200"]
    assert costs["prod"].usd_per_hour_per_instance == {"min": 3.58, "max": 5.5}
    assert costs["prod"].usd_per_hour_cap == 27.5
    assert costs["prod"].deployment_fee_usd == pytest.approx(10.74)
    assert costs["staging"].usd_per_hour_cap == 5.5


def test_surprises_are_said(questionnaire: Questionnaire) -> None:
    def said(**answers: Any) -> str:
        return " ".join(advice.warnings(questionnaire.resolve({**REQUIRED, **answers}).context))

    assert "refused by the platform" in said(tee=False)
    assert "Ordinary accounts" in said(include=["h100"])
    assert "Ordinary accounts" not in said()
    assert "$1,314 a month" in said(keep_warm=True)
    assert "HF_TOKEN" in said(model="black-forest-labs/FLUX.1-schnell")
    assert "non-commercial" in said(model="black-forest-labs/FLUX.1-dev")
    assert "No tool_parser" in said(workload="llm", tool_parser="")
    assert "No tool_parser" not in said(workload="llm") + said()
    assert "not in the catalog" in said(model="someone/thing", revision=A_COMMIT)
    assert "conversations of the full" in said(workload="llm", context_length=40960)


@pytest.mark.whole
@settings(max_examples=150, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from((*QUESTIONNAIRE.keys, "nmae", "layer", "")),
        st.one_of(
            st.none(),
            st.booleans(),
            st.integers(),
            st.floats(),
            st.text(max_size=30),
            st.lists(st.one_of(st.text(max_size=8), st.integers()), max_size=3),
            st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
        ),
        max_size=12,
    )
)
def test_anything_resolves_or_has_problems(answers: dict[str, Any]) -> None:
    resolution = QUESTIONNAIRE.resolve({**REQUIRED, **answers})
    assert all(problem.message for problem in resolution.problems)
    if not resolution.problems:
        assert resolution.derived["eligible_gpus"]


@pytest.mark.parametrize(
    "address",
    [
        "https://huggingface.co/acme/support-8b-v3",
        "huggingface.co/acme/support-8b-v3/",
        f"https://hf.co/acme/support-8b-v3/tree/{'ab' * 20}/sub?x=1#y",
    ],
)
def test_the_address_of_a_model_is_its_name(address: str) -> None:
    given = {"username": "alice", "name": "my-chute", "workload": "llm", "model": address}
    resolved = Questionnaire().resolve({**given, "revision": "cd" * 20})
    assert not resolved.problems
    assert resolved.answers["model"] == "acme/support-8b-v3"
    assert resolved.answers["revision"] == "cd" * 20


def test_the_address_of_a_commit_is_the_commit() -> None:
    address = f"https://huggingface.co/acme/x/commit/{'ab' * 20}"
    given = {"username": "alice", "name": "my-chute", "model": "acme/x", "revision": address}
    assert Questionnaire().resolve(given).answers["revision"] == "ab" * 20
    elsewhere = Questionnaire().resolve({**given, "model": "https://example.org/acme/x"})
    assert [problem.key for problem in elsewhere.problems] == ["model"]
