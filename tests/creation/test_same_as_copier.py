"""Plain copier on the template refuses what chute-new refuses and writes the same files."""

import copy
from pathlib import Path
from typing import Any

import copier
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from scaffold.answers.questions import Questionnaire
from scaffold.generated.render import render
from support.answers import CUSTOM, REQUIRED
from support.random_answers import ANSWERS, FEW

QUESTIONNAIRE = Questionnaire()


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


@pytest.mark.whole
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.one_of(ANSWERS, FEW, FEW))
@example({})
@example({"workload": "llm", "engine": "sglang", "cache": "redis"})
@example({"workload": "llm", "model": "Qwen/Qwen3-Embedding-4B"})
@example({"workload": "llm", "task": "embed"})
@example({"workload": "llm", "model": "Qwen/Qwen3-Reranker-4B", "engine": "sglang"})
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


@pytest.mark.path
@pytest.mark.parametrize("answers", CUSTOM, ids=lambda answers: str(answers)[:40])
def test_copier_makes_a_model_of_ones_own_the_same(tmp_path: Path, answers: dict[str, Any]) -> None:
    answers = {**REQUIRED, **answers}
    render(QUESTIONNAIRE.template, QUESTIONNAIRE.resolve(answers).answers, tmp_path / "ours")
    assert copied(answers, tmp_path / "plain") == tree(tmp_path / "ours")


@pytest.mark.path
@pytest.mark.parametrize(
    "wrong",
    [
        {"endpoints": [{"name": "Read", "fields": {"text": {"type": "str"}}}]},
        {"endpoints": [{"name": "read", "fields": {"text": {"type": "int", "ge": 2, "le": 1}}}]},
        {"models": ["a/b@main"]},
        {"packages": ["torch"]},
        {"system_packages": ["$(x)"]},
    ],
    ids=str,
)
def test_copier_refuses_it_where_it_is_wrong(tmp_path: Path, wrong: dict[str, Any]) -> None:
    assert copied({**REQUIRED, "workload": "custom", **wrong}, tmp_path / "plain") is None


@pytest.mark.path
def test_rendering_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    answers = QUESTIONNAIRE.resolve({**REQUIRED, "workload": "llm"}).answers
    for folder in ("one", "two"):
        render(QUESTIONNAIRE.template, answers, tmp_path / folder)
    assert tree(tmp_path / "one") == tree(tmp_path / "two")
