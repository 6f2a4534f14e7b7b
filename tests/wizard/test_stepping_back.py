"""A step back asks the question before again, and drops what does not go with its new answer."""

from pathlib import Path

import pytest

from support.conversation import (
    BACK,
    CLEAR,
    CREATE,
    DOWN,
    ENTER,
    ESCAPE,
    FLUX,
    IMAGE,
    LLM,
    QUIT,
    STEP_BACK,
    TALL,
    Step,
    Talker,
    defaults,
    facts,
    given_before,
    pick_model,
)


def test_several_steps_back_to_another_workload(talk: Talker) -> None:
    done = talk(
        *IMAGE[:3],
        ("name", BACK),
        ("username", BACK),
        ("model", BACK),
        ("workload", DOWN + ENTER),
        ("engine", ENTER),
        ("model", ENTER),
        ("username", ENTER),
        *LLM[4:],
        CREATE,
    )
    assert done.answers == defaults(workload="llm")


@pytest.mark.whole
@pytest.mark.parametrize("label", [label for label, *_ in IMAGE[1:]])
def test_one_step_back_from_every_question(talk: Talker, label: str) -> None:
    at = [step[0] for step in IMAGE].index(label)
    before = IMAGE[at - 1]
    done = talk(
        before,
        (label, BACK),
        (before[0], ENTER),
        *IMAGE[at:],
        CREATE,
        given=given_before(before[0]),
    )
    assert done.answers == defaults()


def test_escape_steps_back_too(talk: Talker) -> None:
    done = talk(IMAGE[0], ("model", ESCAPE), *IMAGE, CREATE)
    assert done.answers == defaults()


def test_nothing_lies_before_the_first_question(talk: Talker) -> None:
    done = talk(("workload", BACK * 3), *IMAGE, CREATE)
    assert done.answers == defaults()


def test_a_step_back_takes_its_row_off_the_screen(talk: Talker) -> None:
    script: list[Step] = [*IMAGE[:3], ("name", BACK), ("username", BACK), ("model", BACK)]
    script += [*LLM[:3], ("username", ENTER), *LLM[4:]]
    done = talk(*script, QUIT, size=TALL)
    assert done.screen.count("workload") == 1
    assert done.screen.count("alice") == 1


def kept() -> dict[str, str]:
    """What an interview had come to that was interrupted at `include`."""
    model = facts("catalog")["image"][0]["id"]
    return {"workload": "image", "model": model, "username": "alice", "name": "mine"}


def test_a_resumed_interview_shows_what_was_answered_and_goes_on(talk: Talker) -> None:
    done = talk(*IMAGE[4:9], QUIT, given=kept(), destination=Path("there"), resumed=True, size=TALL)
    rows = [row.split()[:2] for row in done.screen.splitlines() if row.startswith("  ")]
    assert rows[:4] == [[key, value] for key, value in kept().items()]
    assert rows[4][0] == "include"


def test_what_was_answered_before_an_interrupt_can_be_stepped_back_to(talk: Talker) -> None:
    script: list[Step] = [("include", BACK), ("name", BACK), ("username", CLEAR + "bob" + ENTER)]
    script += [("name", ENTER), *IMAGE[4:]]
    done = talk(*script, CREATE, given=kept(), resumed=True, size=TALL)
    assert done.answers == defaults(username="bob", name="mine")
    assert done.screen.count("username") == 1


def test_an_answer_that_goes_with_the_workload_is_dropped_and_that_is_said(talk: Talker) -> None:
    done = talk(
        IMAGE[0],
        pick_model(FLUX),
        ("username", BACK),
        ("model", BACK),
        *LLM,
        CREATE,
    )
    assert done.answers == defaults(workload="llm")
    assert done.monitor.showed(f"model is {facts('catalog')['llm'][0]['id']} now, not {FLUX}")


def test_step_back_from_the_review(talk: Talker) -> None:
    done = talk(
        *IMAGE,
        STEP_BACK,
        ("destination", BACK),
        ("ci", DOWN + ENTER),
        IMAGE[-1],
        ("review", BACK),
        IMAGE[-1],
        CREATE,
    )
    assert done.answers == defaults(ci="none")
