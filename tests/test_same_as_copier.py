"""Plain copier on the template refuses what chute-new refuses and writes the same files."""

import copy
from pathlib import Path
from typing import Any

import copier
from conftest import REQUIRED
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from scaffold.answers.questions import Questionnaire
from scaffold.generated.render import render

QUESTIONNAIRE = Questionnaire()

# Each key with values that are right, wrong, or right only beside others.
VALUES: dict[str, list[Any]] = {
    "workload": ["image", "llm", "video", None],
    "engine": ["diffusers", "vllm", "sglang", "tgi"],
    "task": ["chat", "embed", "rerank"],
    "model": [
        "Qwen/Qwen3-8B",
        "Qwen/Qwen3-Embedding-4B",
        "Tongyi-MAI/Z-Image-Turbo",
        "a/b",
        "nope",
    ],
    "revision": ["a" * 40, "main", 5],
    "gated": [True, "yes", 3],
    "context_length": [512, 100, 40961, 8192],
    "username": ["bob", "x", 12, "b-b"],
    "name": ["abc", "Abc", "tee-tee", "a-", "glyph-art"],
    "tagline": [
        "{{ 7*7 }}",
        "x" * 1025,
        'a "quoted" $(line)\nand 🎈',
        5,
        "ours: hf_" + "Aa1" * 12,
        "0x" + "0f" * 32,
        "redis://user:word@host",
    ],
    "tee": [True, False, "true", "maybe", 1],
    "gpu_count": [1, 2, 3, 8, 9, "2", 1.5, True],
    "min_vram_gb_per_gpu": [16, 24, 80, 140, 141],
    "include": [[], ["h100"], ["4090", "l4"], ["H100"], "h100", [4090], None],
    "exclude": [[], ["pro_6000"], ["a4000", "l4", "a10", "4090", "5090", "a40"]],
    "max_hourly_price_per_gpu": [None, 1, 2.5, 0, 10, "x"],
    "concurrency": [1, 64, 0, 257],
    "max_instances": [1, 100, 101],
    "scaling_threshold": [0.5, 1, 0, 1.5, "0.5"],
    "keep_warm": [True, "off"],
    "shutdown_after_seconds": [60, 59, 604800],
    "staging_max_instances": [2, 0],
    "staging_shutdown_after_seconds": [60, 1],
    "cache": ["none", "lru", "redis", "disk"],
    "metrics_cord": [True, None],
    "ci": ["github", "none", "gitlab"],
    "base_image": ["parachutes/python:3.12", "ubuntu:24.04"],
    "nmae": ["x"],
    "layer": ["x"],
}
ANSWERS = st.fixed_dictionaries(
    {}, optional={key: st.sampled_from(values) for key, values in VALUES.items()}
)
# Most random sets of many answers are wrong somewhere; a few answers are right often enough.
FEW = st.lists(st.sampled_from(list(VALUES)), max_size=3, unique=True).flatmap(
    lambda keys: st.fixed_dictionaries({key: st.sampled_from(VALUES[key]) for key in keys})
)


def copied(answers: dict[str, Any], folder: Path) -> dict[str, bytes] | None:
    """What plain copier writes, None when it refuses."""
    try:
        copier.run_copy(
            str(QUESTIONNAIRE.template),
            folder,
            data=copy.deepcopy(answers),
            defaults=True,
            quiet=True,
            settings=copier.Settings(),
        )
    except (ValueError, TypeError, KeyError, copier.errors.CopierError):
        return None
    return tree(folder)


def tree(folder: Path) -> dict[str, bytes]:
    """Every file's bytes by its relative path."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.one_of(ANSWERS, FEW, FEW))
@example({})
@example({"workload": "llm", "engine": "sglang", "cache": "redis"})
@example({"workload": "llm", "model": "Qwen/Qwen3-Embedding-4B"})
@example({"workload": "llm", "task": "embed"})
@example({"tagline": '{{ 7*7 }} "quoted" $(line)\nand 🎈'})
@example({"context_length": 4096})
@example({"task": "chat"})
def test_copier_agrees(tmp_path_factory: Any, answers: dict[str, Any]) -> None:
    answers = {**REQUIRED, **answers}
    folder = tmp_path_factory.mktemp("same")
    resolution = QUESTIONNAIRE.resolve(answers)
    plain = copied(answers, folder / "plain")
    assert (plain is None) == bool(resolution.problems), resolution.problems
    if plain is not None:
        render(QUESTIONNAIRE.template, resolution.answers, folder / "ours")
        assert tree(folder / "ours") == plain


def test_rendering_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    answers = QUESTIONNAIRE.resolve({**REQUIRED, "workload": "llm"}).answers
    for folder in ("one", "two"):
        render(QUESTIONNAIRE.template, answers, tmp_path / folder)
    assert tree(tmp_path / "one") == tree(tmp_path / "two")
