"""Models of one's own that are named without a commit."""

from collections.abc import Callable
from typing import Any

import pytest

from scaffold.answers.questions import Questionnaire
from scaffold.errors import Failed, OutsideFailure
from scaffold.models import hub
from scaffold.models.lookup import Looked, look_up
from support.answers import A_COMMIT, REQUIRED

QUESTIONNAIRE = Questionnaire()
FILES = (
    hub.File("a.safetensors", 1_500_000_000, "a" * 64),
    hub.File("b/c.safetensors", 500_000_000, "b" * 64),
    hub.File("x.bin", 7_000_000_000, "c" * 64),
)


def looked_up(*models: Any, network: bool = True, **answers: Any) -> Looked:
    """What is found out for these models."""
    given = {**REQUIRED, "workload": "custom", "models": list(models), **answers}
    return look_up(QUESTIONNAIRE, given, network=network)


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Callable[[object], list[str]]:
    """Have the hub answer with a commit, or an error; what it was asked for."""

    def with_(answer: object) -> list[str]:
        asked: list[str] = []

        def newest(model: str) -> hub.Commit:
            asked.append(model)
            if isinstance(answer, Exception):
                raise answer
            assert isinstance(answer, hub.Commit)
            return answer

        monkeypatch.setattr(hub, "newest", newest)
        return asked

    return with_


def test_the_newest_commit_is_taken_and_its_size_is_told(
    answers: Callable[[object], list[str]],
) -> None:
    asked = answers(hub.Commit("1" * 40, FILES))
    looked = looked_up(f"a/one@{A_COMMIT}", "b/two")
    assert asked == ["b/two"]
    assert looked.answers == {"models": [f"a/one@{A_COMMIT}", f"b/two@{'1' * 40}"]}
    assert looked.warnings == ("b/two was taken as it is now, 2.0 GB of weights in safetensors.",)
    found = {**REQUIRED, "workload": "custom", **looked.answers}
    assert not QUESTIONNAIRE.resolve(found).problems


def test_an_address_of_the_hub_is_understood(answers: Callable[[object], list[str]]) -> None:
    asked = answers(hub.Commit("1" * 40, FILES))
    page = "https://huggingface.co/b/two"
    assert looked_up(page).answers == {"models": [f"b/two@{'1' * 40}"]}
    at_commit = looked_up(f"{page}/tree/{A_COMMIT}", network=False)
    assert at_commit.answers == {"models": [f"b/two@{A_COMMIT}"]}
    assert asked == ["b/two"]


@pytest.mark.parametrize(("given", "found"), [({}, True), ({"gated": False}, None)])
def test_a_closed_model_is_known_to_be_gated(
    answers: Callable[[object], list[str]], given: dict[str, bool], found: bool | None
) -> None:
    answers(hub.Commit("1" * 40, (), gated=True))
    assert looked_up("b/two", **given).answers.get("gated") is found


def test_a_model_that_is_not_there_is_named_by_its_place(
    answers: Callable[[object], list[str]],
) -> None:
    answers(Failed("b/two is not on the hub, or needs an HF_TOKEN"))
    problem = looked_up(f"a/one@{A_COMMIT}", "b/two").problem
    assert problem is not None
    assert (problem.key, problem.value) == ("models.1", "b/two")


def test_a_hub_that_does_not_answer_is_told(answers: Callable[[object], list[str]]) -> None:
    silent = OutsideFailure("The hub did not answer")
    answers(silent)
    assert looked_up("b/two").unanswered is silent


@pytest.mark.parametrize("models", [(f"a/one@{A_COMMIT}",), ("b",), (5,), ("a/b@main",), ()])
def test_nobody_is_asked_about_others(
    answers: Callable[[object], list[str]], models: tuple[object, ...]
) -> None:
    asked = answers(Failed("asked"))
    assert looked_up(*models) == Looked()
    assert looked_up("b/two", network=False) == Looked()
    assert asked == []
