"""Seconds of a recording: from what was published for one GPU, scaled to the others."""

import pytest

from scaffold.plan.engine import table
from scaffold.plan.speed import RECORDING_SECONDS, speech_seconds
from support.planning import context

TURBO = "openai/whisper-large-v3-turbo"


def test_the_published_figure_holds_on_its_own_card() -> None:
    assert speech_seconds(TURBO, 6000.0, "3090", 1) == pytest.approx(
        179 + RECORDING_SECONDS, rel=0.01
    )


def test_more_at_once_and_less_arithmetic_take_longer() -> None:
    alone = speech_seconds(TURBO, 60.0, "pro_6000", 1)
    assert alone is not None
    assert (speech_seconds(TURBO, 60.0, "pro_6000", 8) or 0) > alone
    assert (speech_seconds(TURBO, 60.0, "l4", 1) or 0) > alone


def test_every_model_of_the_catalog_has_a_figure_and_no_other() -> None:
    catalog = context()["catalog"]
    assert set(table("speech.yml")) == {entry["id"] for entry in catalog["speech"]}
    assert speech_seconds("someone/whisper-tuned", 60.0, "l4", 1) is None
