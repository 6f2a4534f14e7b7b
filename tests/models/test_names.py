"""What a model's name says about it, where neither the catalog nor the hub can be asked."""

from typing import Any

import pytest

from scaffold.answers.questions import Questionnaire
from scaffold.errors import OutsideFailure
from scaffold.models import hub
from scaffold.models.by_name import kind, refusal
from scaffold.models.lookup import look_up
from support.answers import A_COMMIT, REQUIRED

TASKS = ("chat", "embed", "classify", "rerank")


def given(model: str, **more: Any) -> dict[str, Any]:
    """The answers of somebody who wants this model."""
    return {**REQUIRED, "workload": "llm", "model": model, "revision": A_COMMIT, **more}


def told(answers: dict[str, Any]) -> dict[str, str]:
    """What is wrong with them, offline."""
    questionnaire = Questionnaire()
    found = look_up(questionnaire, answers, network=False)
    resolution = questionnaire.resolve(answers | found.answers)
    return {problem.key: problem.message for problem in resolution.problems}


@pytest.mark.parametrize(
    ("model", "does"),
    [
        ("openai/whisper-large-v2", "writes down speech"),
        ("hexgrad/Kokoro-82M", "speaks"),
        ("Qwen/Qwen3-TTS-12Hz-1.7B-Base", "speaks"),
        ("stabilityai/stable-diffusion-3.5-large", "makes pictures"),
        ("someone/FLUX.1-tuned", "makes pictures"),
        ("Wan-AI/Wan2.2-TI2V-5B", "makes films"),
        ("Lightricks/LTX-2", "makes films"),
    ],
)
def test_what_reads_no_text_is_refused_in_one_sentence(model: str, does: str) -> None:
    assert told(given(model)) == {"model": f"is no model for texts: by its name {model} {does}"}


def test_a_model_of_speech_is_for_its_own_workload() -> None:
    whisper = "openai/whisper-large-v3-turbo"
    assert "model for workload speech, not llm" in told(given(whisper))["model"]
    speech = {"workload": "speech"}
    assert told({**REQUIRED, **speech, "model": whisper}) == {}
    assert told({**given("someone/whisper-tuned"), **speech}) == {}
    assert "no model for recordings" in told({**given("someone/kokoro-tuned"), **speech})["model"]
    assert "model for workload llm" in told({**given("Qwen/Qwen3-8B"), **speech})["model"]


@pytest.mark.parametrize(
    ("model", "tasks"),
    [
        ("BAAI/bge-reranker-base", ["rerank"]),
        ("cross-encoder/ms-marco-MiniLM-L6-v2", ["rerank"]),
        ("BAAI/bge-small-en-v1.5", ["embed"]),
        ("intfloat/e5-mistral-7b-instruct", ["embed"]),
        ("someone/twitter-roberta-base-sentiment", ["classify"]),
        ("meta-llama/Llama-Guard-4-12B", ["chat", "classify"]),
    ],
)
def test_the_task_follows_and_may_not_contradict_it(model: str, tasks: list[str]) -> None:
    assert look_up(Questionnaire(), given(model), network=False).answers == {"task": tasks[0]}
    refused = [task for task in TASKS if "model" in told(given(model, task=task))]
    assert refused == [task for task in TASKS if task not in tasks]
    assert "by its name: its task is" in refusal(model, "translate", "llm")


@pytest.mark.parametrize(
    "model",
    [
        "bark-ai/llama-tune",
        "someone/embarked-8b",
        "someone/DiffusionGemma-9b",
        "tts/llama-3-8b",
        "someone/wandb-tune",
        "google/gemma-4-31B-it-tuned",
        "someone/gtelephone-7b",
    ],
)
def test_a_name_that_only_looks_alike_says_nothing(model: str) -> None:
    assert kind(model) is None
    assert told(given(model)) == {}


def test_a_hub_that_does_not_answer_is_no_reason_to_believe_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def silent(*_: object) -> hub.Commit:
        raise OutsideFailure("The hub did not answer")

    monkeypatch.setattr(hub, "at", silent)
    questionnaire = Questionnaire()
    asked = given("openai/whisper-large-v2")
    assert look_up(questionnaire, asked).unanswered
    assert "writes down speech" in questionnaire.resolve(asked).problems[0].message
