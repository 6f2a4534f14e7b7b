"""Which workload a prototype becomes."""

from pathlib import Path

import pytest

from scaffold.adopt.adoption import Adoption
from scaffold.adopt.commands import flags_of
from scaffold.answers.questions import Questionnaire
from support.adopting import CUSTOM, PROTOTYPES


@pytest.mark.parametrize("name", CUSTOM)
def test_code_of_ones_own_becomes_custom(name: str) -> None:
    assert Adoption(PROTOTYPES / name).choice.workload == "custom"


@pytest.mark.parametrize(
    ("name", "workload", "engine"),
    [
        ("chat_vllm.py", "llm", "vllm"),
        ("chat_sglang.py", "llm", "sglang"),
        ("engine_inside.py", "llm", "vllm"),
        ("sdxl_template.py", "image", "diffusers"),
    ],
)
def test_templates_of_the_sdk_become_their_engine(name: str, workload: str, engine: str) -> None:
    choice = Adoption(PROTOTYPES / name).choice
    assert (choice.workload, choice.engine) == (workload, engine)


def test_a_plain_pipeline_is_offered_as_pictures() -> None:
    assert "workload=image" in Adoption(PROTOTYPES / "paint.py").choice.offer
    assert Adoption(PROTOTYPES / "speak.py").choice.offer == ""


def test_every_engine_argument_is_an_answer_or_named(questionnaire: Questionnaire) -> None:
    adoption = Adoption(PROTOTYPES / "chat_vllm.py")
    found = adoption.prefill(questionnaire, {}, network=False)
    assert {key: found[key] for key in ("model", "context_length", "tool_parser")} == {
        "model": "Qwen/Qwen3-32B",
        "context_length": 32768,
        "tool_parser": "hermes",
    }
    lists = adoption.ledger.as_json()
    left = [entry["what"] for entry in lists["left"]]
    assert "engine argument --gpu-memory-utilization 0.92" in left
    assert "engine argument --enable-prefix-caching" in left
    carried = [entry["what"] for entry in lists["carried"]]
    assert "engine argument --enable-auto-tool-choice" in carried


def test_an_engine_that_a_hook_starts_is_read_off_its_command(questionnaire: Questionnaire) -> None:
    adoption = Adoption(PROTOTYPES / "engine_inside.py")
    found = adoption.prefill(questionnaire, {}, network=False)
    assert {key: found[key] for key in ("engine", "model", "revision", "context_length")} == {
        "engine": "vllm",
        "model": "Qwen/Qwen3-14B",
        "revision": "40c069824f4251a91eefaf281ebe4c544efd3e18",
        "context_length": 16384,
    }
    lists = adoption.ledger.as_json()
    assert "engine argument --swap-space 8" in [entry["what"] for entry in lists["left"]]
    assert "cord score" in [entry["what"] for entry in lists["left"]]
    assert "POST /v1/chat/completions" in [entry["what"] for entry in lists["changed"]]


def test_flags_of_one_dash_and_numbers_below_zero_are_told_apart() -> None:
    words = ["--max-num-seqs", "64", "-tp", "4", "--seed", "-1", "--x_y=2", "--eager"]
    expected = [("max-num-seqs", "64"), ("tp", "4"), ("seed", "-1"), ("x-y", "2"), ("eager", "")]
    assert flags_of(words) == expected


def test_what_an_engine_computes_at_once_follows_the_chute(
    questionnaire: Questionnaire, tmp_path: Path
) -> None:
    path = tmp_path / "chat.py"
    text = (PROTOTYPES / "chat_vllm.py").read_text()
    path.write_text(text.replace("--max-model-len", "--max-num-seqs 64 --max-model-len"))
    adoption = Adoption(path)
    assert adoption.prefill(questionnaire, {}, network=False)["concurrency"] == 24
    (entry,) = [e for e in adoption.ledger.as_json()["changed"] if "max-num-seqs" in e["what"]]
    assert entry["to"] == "concurrency 24"
