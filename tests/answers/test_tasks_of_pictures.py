"""What an image model may be used for: its entry says so, and of any other whoever asks."""

from typing import Any

import pytest

from scaffold.answers.questions import Questionnaire
from scaffold.models import by_name, pipelines

KLEIN, QWEN = "black-forest-labs/FLUX.2-klein-4B", "Qwen/Qwen-Image-Edit-2511"
UNLISTED = {"model": "someone/something", "revision": "0" * 40}


def resolved(**answers: Any) -> dict[str, Any]:
    resolution = Questionnaire().resolve({"username": "alice", "name": "my-chute", **answers})
    assert not resolution.problems
    return resolution.context


@pytest.mark.parametrize(
    ("answers", "task"),
    [
        ({}, "generate"),
        ({"model": KLEIN}, "generate"),
        ({"model": QWEN}, "edit"),
        (UNLISTED, "generate"),
    ],
    ids=["the default", "one that does both", "one that edits", "an unlisted one"],
)
def test_the_model_says_which_task_is_meant(answers: dict[str, Any], task: str) -> None:
    assert resolved(**answers)["task"] == task


def test_pictures_that_come_in_need_memory_too() -> None:
    made, changed = (resolved(model=KLEIN, task=task) for task in ("generate", "edit"))
    assert changed["min_vram_gb_per_gpu"] > made["min_vram_gb_per_gpu"]


def test_what_cannot_be_chosen_says_why() -> None:
    questionnaire = Questionnaire()
    question = next(each for each in questionnaire.questions if each.key == "task")
    choices = questionnaire.choices(question, resolved(model=QWEN))
    assert {choice.value: choice.reason for choice in choices} == {
        "generate": f"{QWEN} is a model for edit",
        "edit": "",
    }


@pytest.mark.parametrize(
    ("name", "tasks"),
    [
        ("QwenImageEditPlusPipeline", ("edit",)),
        ("Flux2KleinPipeline", ("generate", "edit")),
        ("StableDiffusionXLPipeline", ("generate",)),
        ("WanImageToVideoPipeline", ()),
        ("StableAudioPipeline", ()),
    ],
)
def test_a_pipeline_s_class_says_what_it_does(name: str, tasks: tuple[str, ...]) -> None:
    assert pipelines.tasks(name) == tasks
    assert not any(pipelines.refusal(name, task) for task in tasks)
    assert all(pipelines.refusal(name, task) for task in {"generate", "edit"} - set(tasks))


@pytest.mark.parametrize(
    ("model", "task", "told"),
    [
        ("someone/FLUX.1-Kontext-lora", None, ""),
        ("someone/FLUX.1-Kontext-lora", "generate", "its task is edit, not generate"),
        ("someone/flux-fill", "edit", "its task is generate, not edit"),
        ("someone/FLUX.2-mine", "edit", ""),
        ("openai/whisper-large-v3-turbo", None, "is no model for pictures"),
        ("someone/something", "edit", ""),
    ],
)
def test_offline_its_name_does(model: str, task: str | None, told: str) -> None:
    assert told in by_name.refusal(model, task, "image")
    assert bool(told) == bool(by_name.refusal(model, task, "image"))
