"""The wizard takes a model that is in no catalog: it looks it up once, and says what it found."""

import json
from functools import partial
from pathlib import Path
from typing import Any

from scaffold.answers.questions import Questionnaire
from scaffold.models.lookup import look_up
from scaffold.wizard.interview import LookUp
from support import model_configs as known
from support.conversation import (
    CLEAR,
    COMMIT,
    CREATE,
    DOWN,
    ENTER,
    LLM,
    TALL,
    UNKNOWN_MODEL,
    UP,
    Talker,
)

BEFORE = LLM[:2]
AFTER = LLM[3:]


def reading(questionnaire: Questionnaire, folder: Path, config: dict[str, Any]) -> LookUp:
    """What looks a model up in this config.json."""
    folder.mkdir()
    file = folder / "config.json"
    file.write_text(json.dumps(config))
    return partial(look_up, questionnaire, config=file)


def test_a_model_that_was_looked_up_is_like_one_of_the_catalog(
    talk: Talker, tmp_path_factory: Any
) -> None:
    questionnaire = Questionnaire()
    looks = reading(questionnaire, tmp_path_factory.mktemp("hub") / "model", known.QWEN35_27B)
    done = talk(
        *BEFORE,
        ("model", UP + ENTER),
        ("Enter accepts",),
        ("model", CLEAR + UNKNOWN_MODEL + ENTER),
        ("revision", COMMIT + ENTER),
        *AFTER,
        CREATE,
        questionnaire=questionnaire,
        look_up=looks,
    )
    assert done.answers["model"] == UNKNOWN_MODEL
    assert done.answers["min_vram_gb_per_gpu"] == 67
    assert done.answers["pictures"] == 4
    assert done.answers["tool_parser"] == "qwen3_coder"
    assert done.monitor.showed(f"Looking {UNKNOWN_MODEL} up.")
    assert done.monitor.showed(f"Found: {UNKNOWN_MODEL} 67 GB")


def test_a_model_that_is_refused_is_asked_for_again(talk: Talker, tmp_path_factory: Any) -> None:
    questionnaire = Questionnaire()
    looks = reading(questionnaire, tmp_path_factory.mktemp("hub") / "model", known.WHISPER)
    done = talk(
        *BEFORE,
        ("model", UP + ENTER),
        ("Enter accepts",),
        ("model", CLEAR + UNKNOWN_MODEL + ENTER),
        ("it writes down speech",),
        ("model", DOWN + ENTER),
        *AFTER,
        CREATE,
        # The list alone fills 24 lines, and what is said above it is waited for.
        size=TALL,
        questionnaire=questionnaire,
        look_up=looks,
    )
    assert done.answers["model"] != UNKNOWN_MODEL
    assert done.answers["workload"] == "llm"


def test_another_engine_may_refuse_what_one_serves(talk: Talker, tmp_path_factory: Any) -> None:
    questionnaire = Questionnaire()
    bits = known.quantised(known.QWEN3_8B, quant_method="bitsandbytes", load_in_4bit=True)
    looks = reading(questionnaire, tmp_path_factory.mktemp("hub") / "model", bits)
    given = {"workload": "llm", "engine": "vllm", "model": UNKNOWN_MODEL, "revision": COMMIT}
    done = talk(
        ("model", DOWN + ENTER),
        *(step for step in AFTER if step[0] not in given),
        CREATE,
        given=given,
        questionnaire=questionnaire,
        look_up=looks,
    )
    assert done.answers["model"] != UNKNOWN_MODEL
    assert done.monitor.showed("does not load weights quantised by bitsandbytes")
