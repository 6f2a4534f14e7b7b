"""Lists in the wizard: GPUs that fit, filters, and models beyond the catalog."""

import re
from pathlib import Path
from typing import Any

import pytest

from scaffold.answers.questions import Questionnaire
from scaffold.errors import BadUsage
from support.conversation import (
    BACK,
    BACKSPACE,
    CHANGE,
    CLEAR,
    COMMIT,
    CREATE,
    DOWN,
    ENTER,
    FLUX,
    IMAGE,
    LLM,
    SPACE,
    TALL,
    UNKNOWN_MODEL,
    UP,
    Step,
    Talker,
    copied_template,
    defaults,
    facts,
    pick_model,
)


def test_gpus_too_small_are_shown_with_the_reason_and_cannot_be_reached(talk: Talker) -> None:
    script = [IMAGE[0], pick_model(FLUX), *IMAGE[2:4]]
    reached = [("include", DOWN) for _ in range(40)]
    chosen: Step = ("include", UP * 3 + SPACE + ENTER)
    done = talk(*script, *reached, chosen, *IMAGE[5:], CREATE, size=TALL)
    assert done.monitor.showed("- a4000 16 GB $0.20/h (needs 40 GB, this card has 16 GB)")
    memory = {gpu["id"]: gpu["vram_gb"] for gpu in facts("gpus")}
    assert all(memory[name] >= 40 for name in done.answers["include"])
    pointed = {
        row.split()[2]
        for frame in done.monitor.frames
        for row in frame.splitlines()
        if row.startswith(" > [")
    }
    assert pointed
    assert all("-" not in row for row in pointed)


@pytest.mark.parametrize("typed", ["h", "pro", "l4"])
def test_a_filter_never_leads_to_a_gpu_too_small(talk: Talker, typed: str) -> None:
    script = [IMAGE[0], pick_model(FLUX), *IMAGE[2:4]]
    keys = typed + DOWN + UP + UP + SPACE
    done = talk(*script, ("include", keys), ("include", ENTER), *IMAGE[5:], CREATE)
    memory = {gpu["id"]: gpu["vram_gb"] for gpu in facts("gpus")}
    assert all(memory[name] >= 40 for name in done.answers["include"])


@pytest.mark.parametrize("typed", ["a4000", "3090", "nosuchthing"])
def test_a_filter_that_leaves_nothing_takes_nothing(talk: Talker, typed: str) -> None:
    """Neither what is marked elsewhere, nor a card that is too small."""
    script = [IMAGE[0], pick_model(FLUX), *IMAGE[2:4]]
    done = talk(
        *script,
        ("include", typed + DOWN + UP + SPACE + ENTER),
        (f'nothing has "{typed}" in it',),
        ("include", BACKSPACE * len(typed) + ENTER),
        *IMAGE[5:],
        CREATE,
    )
    assert done.answers["include"] == ["pro_6000"]


def test_enter_alone_does_not_take_what_is_marked_for_what_was_typed(talk: Talker) -> None:
    done = talk(
        *IMAGE[:4],
        ("include", SPACE + "h200" + ENTER),
        ("Space marks h200",),
        ("include", SPACE + ENTER),
        *IMAGE[5:],
        CREATE,
    )
    assert done.answers["include"] == ["h200"]


def test_the_list_of_answers_refuses_what_it_does_not_have(talk: Talker) -> None:
    done = talk(
        *IMAGE,
        CHANGE,
        ("change", "memory_of_goldfish" + ENTER),
        ('nothing has "memory_of_goldfish" in it',),
        ("change", BACKSPACE * 18 + "tagline" + ENTER),
        ("tagline", CLEAR + "Swift" + ENTER),
        CREATE,
    )
    assert done.answers == defaults(tagline="Swift")


def test_a_long_list_filters_as_one_types(talk: Talker) -> None:
    script = [*IMAGE[:4], ("include", SPACE + "h200"), ("/ h200",)]
    done = talk(*script, ("include", SPACE + ENTER), *IMAGE[5:], CREATE)
    assert done.answers["include"] == ["h200"]


def test_tab_does_not_invert_the_selection(talk: Talker) -> None:
    done = talk(*IMAGE[:4], ("include", "\t" + ENTER), *IMAGE[5:], CREATE)
    assert done.answers["include"] == ["pro_6000"]


def test_where_no_gpu_is_large_enough_the_way_back_is_open(talk: Talker, tmp_path: Path) -> None:
    template = copied_template(tmp_path)
    models = template / "data" / "models.yml"
    facts = re.sub(r"memory_gb: \d+", "memory_gb: 999", models.read_text(), count=1)
    models.write_text(facts)
    done = talk(
        *IMAGE[:4],
        ("include", SPACE + ENTER),
        ("which cannot hold",),
        ("include", BACK),
        ("name", BACK),
        ("username", BACK),
        pick_model(FLUX),
        ("username", ENTER),
        ("name", ENTER),
        *IMAGE[4:],
        CREATE,
        questionnaire=Questionnaire(template),
        size=TALL,
    )
    assert done.answers["model"] == FLUX
    assert done.answers["include"] == ["pro_6000"]


def test_another_model_is_asked_for_its_commit_and_needs(talk: Talker) -> None:
    done = talk(
        IMAGE[0],
        ("model", UP + ENTER),
        ("Enter accepts",),
        ("model", "nonsense" + ENTER),
        ("must be a Hugging Face repository id",),
        ("model", CLEAR + UNKNOWN_MODEL + ENTER),
        ("revision", ENTER),
        ("is required",),
        ("revision", "main" + ENTER),
        ("40 hex digits",),
        ("revision", CLEAR + COMMIT + ENTER),
        ("gated", UP + ENTER),
        ("task", DOWN + ENTER),
        *IMAGE[2:4],
        ("min_vram_gb_per_gpu", CLEAR + "24" + ENTER),
        *IMAGE[4:],
        CREATE,
    )
    assert done.answers == defaults(
        model=UNKNOWN_MODEL, revision=COMMIT, gated=True, task="edit", min_vram_gb_per_gpu=24
    )


@pytest.mark.parametrize("pasted", [False, True])
def test_a_model_that_is_typed_into_the_list_is_the_model(talk: Talker, pasted: bool) -> None:
    """Never the first of the catalog, though nothing in it matches."""
    typed = f"\x1b[200~{UNKNOWN_MODEL}\n\x1b[201~" if pasted else UNKNOWN_MODEL
    done = talk(
        *LLM[:2],
        ("model", typed),
        (f'another model: "{UNKNOWN_MODEL}"',),
        ("model", ENTER),
        ("revision", COMMIT + ENTER),
        ("gated", ENTER),
        ("task", ENTER),
        ("context_length", ENTER),
        *LLM[3:5],
        ("min_vram_gb_per_gpu", CLEAR + "24" + ENTER),
        *LLM[5:],
        CREATE,
    )
    assert done.answers["model"] == UNKNOWN_MODEL


def test_half_a_name_is_no_model(talk: Talker) -> None:
    done = talk(
        *LLM[:2],
        ("model", "acme" + ENTER),
        ("must be a Hugging Face repository id",),
        ("model", BACKSPACE * 4 + "qwen3-4b" + ENTER),
        *LLM[3:],
        CREATE,
    )
    assert done.answers["model"] == "Qwen/Qwen3-4B"


@pytest.mark.parametrize(
    "address",
    [
        f"https://huggingface.co/{UNKNOWN_MODEL}",
        f"huggingface.co/{UNKNOWN_MODEL}/",
        f"https://hf.co/{UNKNOWN_MODEL}/tree/main?show_file_info=config.json",
    ],
)
def test_the_address_of_a_model_is_understood(talk: Talker, address: str) -> None:
    done = talk(
        *LLM[:2],
        ("model", f"\x1b[200~{address}\x1b[201~" + ENTER),
        ("revision", f"https://huggingface.co/{UNKNOWN_MODEL}/commit/{COMMIT}" + ENTER),
        ("gated", ENTER),
        ("task", ENTER),
        ("context_length", ENTER),
        *LLM[3:5],
        ("min_vram_gb_per_gpu", CLEAR + "24" + ENTER),
        *LLM[5:],
        CREATE,
    )
    assert done.answers["model"] == UNKNOWN_MODEL
    assert done.answers["revision"] == COMMIT


def test_back_from_another_model_is_the_catalog(talk: Talker) -> None:
    done = talk(
        IMAGE[0],
        ("model", UP + ENTER),
        ("Enter accepts",),
        ("model", BACK),
        ("another model",),
        ("model", DOWN + ENTER),
        *IMAGE[2:],
        CREATE,
    )
    assert done.answers == defaults()


def test_a_commit_does_not_outlive_its_model(talk: Talker) -> None:
    model = {"model": UNKNOWN_MODEL, "revision": COMMIT, "gated": True, "task": "generate"}
    given = {**model, "min_vram_gb_per_gpu": 24}
    asked = [step for step in IMAGE if step[0] not in given]
    done = talk(
        *asked,
        CHANGE,
        ("change", "model" + ENTER),
        ("model", UP + ENTER),
        CREATE,
        given=given,
    )
    expected = Questionnaire().resolve({**given, "username": "alice", "name": "my-chute"})
    assert not expected.problems
    assert done.answers["model"] != UNKNOWN_MODEL
    assert done.answers["revision"] != COMMIT
    assert done.answers["min_vram_gb_per_gpu"] == 24
    assert done.monitor.showed(f"not {COMMIT}: was that of {UNKNOWN_MODEL}")


def test_of_an_unknown_model_is_asked_what_the_catalog_would_say(talk: Talker) -> None:
    """Its commit with the way to it, whether it is private, what it does, how long texts are."""
    done = talk(
        *LLM[:2],
        ("model", UNKNOWN_MODEL + ENTER),
        ("git ls-remote",),
        ("revision", COMMIT + ENTER),
        ("private",),
        ("gated", UP + ENTER),
        ("task", DOWN + ENTER),
        ("context_length", CLEAR + "2048" + ENTER),
        *LLM[3:5],
        ("min_vram_gb_per_gpu", CLEAR + "24" + ENTER),
        *LLM[5:],
        CREATE,
    )
    wanted = {"gated": True, "task": "embed", "context_length": 2048, "min_vram_gb_per_gpu": 24}
    assert {key: done.answers[key] for key in wanted} == wanted


def test_of_an_unknown_model_the_seconds_of_a_request_are_needed_and_kept(
    talk: Talker, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, Any]] = []

    def suggest(answers: Any, traffic: dict[str, Any], target: dict[str, Any]) -> None:
        asked.append(traffic | target)
        raise BadUsage("that is enough for this test")

    monkeypatch.setattr("scaffold.plan.command.suggest", suggest)
    given = {
        "workload": "llm",
        "model": UNKNOWN_MODEL,
        "revision": COMMIT,
        "gated": False,
        "task": "chat",
        "context_length": 2048,
        "min_vram_gb_per_gpu": 24,
    }
    done = talk(
        LLM[1],
        *LLM[3:6],
        ("scaling", DOWN + ENTER),
        ("rps", CLEAR + "0.02" + ENTER),
        ("pattern", UP + ENTER),
        ("seconds", ENTER),
        ("must be a number",),
        ("seconds", "3" + ENTER),
        ("p95", BACK),
        ("seconds", BACK),
        ("pattern", BACK),
        ("rps", ENTER),
        ("pattern", ENTER),
        ("seconds", ENTER),
        ("p95", "60" + ENTER),
        *LLM[7:],
        CREATE,
        given=given,
    )
    assert done.monitor.showed("Nothing is known of this model's speed")
    (said,) = asked
    wanted = {"rps": 0.02, "pattern": "constant", "seconds_per_request": 3.0, "p95_s": 60.0}
    assert {key: said[key] for key in wanted} == wanted
