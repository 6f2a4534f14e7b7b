"""What the wizard shows: everything fits, and every colour can be read."""

import re

import pytest

from scaffold.answers.questions import Habit, Questionnaire
from scaffold.wizard import prompts
from support.conversation import (
    CREATE,
    ENTER,
    EVERYTHING,
    IMAGE,
    LLM,
    TALL,
    Step,
    Talker,
    defaults,
    every_key,
)


@pytest.mark.whole
@pytest.mark.parametrize("size", [(80, 24), (40, 24), (200, 50)], ids="{0[0]}x{0[1]}".format)
def test_every_screen_holds_question_and_keys(talk: Talker, size: tuple[int, int]) -> None:
    """With the keys in the last row, nothing that matters was cut off below."""
    keys = [*every_key("llm"), "destination"]
    every: list[Step] = [
        step for key in keys for step in ((key, ""), ("steps back",), (key, ENTER))
    ]
    done = talk(*LLM, EVERYTHING, *every, ("steps back",), CREATE, size=size)
    assert done.answers == defaults(workload="llm")


def luminance(colour: str) -> float:
    """Relative luminance of #rrggbb, as WCAG 2 defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_every_colour_reads_on_black_and_on_white() -> None:
    colours = set(re.findall(r"#[0-9a-f]{6}", str(prompts.STYLE.style_rules)))
    assert colours
    for colour in colours:
        light = luminance(colour)
        assert min((light + 0.05) / 0.05, 1.05 / (light + 0.05)) >= 4.5


def test_habits_are_proposed_and_named_and_those_that_do_not_work_are_left_aside(
    talk: Talker,
) -> None:
    questionnaire = Questionnaire()
    questionnaire.habits = {
        "username": Habit("carol", "CHUTE_NEW_USERNAME"),
        "ci": Habit("none", "CHUTE_NEW_CI"),
        "cache": Habit("disk", "line 3 of defaults.yml"),
        "concurrency": Habit(32, "CHUTE_NEW_CONCURRENCY"),
    }
    script = [
        (key, *(ENTER if key == "username" else typed for typed in rest)) for key, *rest in IMAGE
    ]
    done = talk(*script, CREATE, questionnaire=questionnaire, size=TALL)
    assert (done.answers["username"], done.answers["ci"]) == ("carol", "none")
    assert (done.answers["cache"], done.answers["concurrency"]) == ("lru", 1)
    assert done.monitor.showed(
        "cache disk from line 3 of defaults.yml is left aside: must be one of: none, lru, redis"
    )
    assert not done.monitor.showed("concurrency 32")
    assert done.monitor.showed("From your habits: username (CHUTE_NEW_USERNAME), ci (CHUTE_NEW_CI)")
    assert done.agreed is not None
    assert done.agreed.chosen == {"name"}
