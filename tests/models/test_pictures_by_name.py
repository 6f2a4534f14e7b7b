"""A model of diffusers in no catalog, looked up on the hub by what it is put together from."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from scaffold.answers.questions import Questionnaire
from scaffold.models.lookup import Looked, look_up
from support.model_hub import COMMIT, Repository, model_hub

pytestmark = pytest.mark.path
REQUIRED = {"username": "alice", "name": "my-chute"}


def repository(name: str, **facts: Any) -> Repository:
    """A repository whose pipeline has this class."""
    index = json.dumps({"_class_name": name, "_diffusers_version": "0.42.1"}).encode()
    return Repository({"model_index.json": index}, facts={"library_name": "diffusers", **facts})


REPOSITORIES = {
    "somebody/paints": repository("StableDiffusionXLPipeline"),
    "somebody/edits": repository("QwenImageEditPlusPipeline", gated="auto"),
    "somebody/both": repository("Flux2KleinPipeline"),
    "somebody/new": repository("SomethingNewPipeline"),
    "somebody/film": repository("WanImageToVideoPipeline"),
    "somebody/nameless": Repository({"model_index.json": b"{}"}),
    "somebody/hostile": Repository({"model_index.json": b"[" * 100_000}),
    "somebody/texts": Repository({"config.json": b"{}"}),
}


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A hub that has them."""
    with model_hub(REPOSITORIES) as (url, _):
        monkeypatch.setenv("HF_ENDPOINT", url)
        yield url


def looked(**answers: Any) -> tuple[Looked, dict[str, str]]:
    """What a look-up comes to, and the problems with the answers after it."""
    questionnaire = Questionnaire()
    given = {**REQUIRED, "revision": COMMIT, **answers}
    found = look_up(questionnaire, given)
    problems = questionnaire.resolve({**given, **found.answers}).problems
    return found, {problem.key: problem.message for problem in problems}


@pytest.mark.usefixtures("hub")
@pytest.mark.parametrize(
    ("name", "task"),
    [("paints", "generate"), ("edits", "edit"), ("both", "generate"), ("new", "generate")],
)
def test_its_class_says_what_it_is_for(name: str, task: str) -> None:
    found, problems = looked(model=f"somebody/{name}")
    assert (found.answers["task"], problems) == (task, {})


@pytest.mark.usefixtures("hub")
def test_its_commit_and_its_gate_are_found_out() -> None:
    found = look_up(Questionnaire(), {**REQUIRED, "model": "somebody/edits"})
    assert found.answers == {"revision": COMMIT, "gated": True, "task": "edit"}


@pytest.mark.usefixtures("hub")
@pytest.mark.parametrize(
    ("name", "task", "told"),
    [
        ("paints", "edit", "its task is generate, not edit"),
        ("edits", "generate", "its task is edit, not generate"),
        ("film", None, "makes no pictures: it is a WanImageToVideoPipeline"),
        ("nameless", None, "names no pipeline"),
        ("hostile", None, "it is no config.json"),
        ("texts", None, "is no model of diffusers: it has no model_index.json"),
        ("nobody-has", None, "is not on the hub"),
    ],
)
def test_one_that_cannot_do_it_is_refused(name: str, task: str | None, told: str) -> None:
    asked = {"task": task} if task else {}
    _, problems = looked(model=f"somebody/{name}", **asked)
    assert told in problems["model"]


@pytest.mark.usefixtures("hub")
def test_one_that_does_both_is_taken_for_what_is_asked() -> None:
    found, problems = looked(model="somebody/both", task="edit")
    assert ("task" in found.answers, problems) == (False, {})


def test_where_the_hub_does_not_answer_the_name_must_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    found, problems = looked(model="somebody/some-kontext")
    assert (found.answers, problems) == ({"task": "edit"}, {})
    assert found.unanswered
