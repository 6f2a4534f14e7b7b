"""The wizard as its user meets it: keys in, a terminal's screen and the answers out."""

from pathlib import Path

import pytest

from scaffold.answers.questions import Questionnaire
from scaffold.errors import BadUsage
from scaffold.wizard import run
from scaffold.wizard.interview import ESSENTIAL
from support.conversation import (
    BACK,
    CHANGE,
    CLEAR,
    CREATE,
    CTRL_C,
    CTRL_D,
    DOWN,
    ENTER,
    ESCAPE,
    EVERYTHING,
    FLUX,
    IMAGE,
    LARGE_LLM,
    LLM,
    PAGE_DOWN,
    QUIT,
    SMALL_LLM,
    SPACE,
    STEP_BACK,
    TALL,
    UP,
    Step,
    Talker,
    copied_template,
    defaults,
    every_key,
    facts,
    given_before,
    pick_model,
)

# --- straight on ----------------------------------------------------------------------------------


def test_defaults_of_an_image_chute(talk: Talker) -> None:
    done = talk(*IMAGE, CREATE)
    assert done.answers == defaults()
    assert done.agreed is not None
    assert done.agreed.destination == Path("my-chute")


def test_an_llm_chute_with_its_own_answers(talk: Talker) -> None:
    script: list[Step] = [
        ("workload", DOWN + ENTER),
        ("engine", DOWN + ENTER),
        pick_model(SMALL_LLM),
        ("username", "alice" + ENTER),
        ("name", "my-chute" + ENTER),
        ("include", SPACE + UP + SPACE + ENTER),
        ("scaling", ENTER),
        ("concurrency", CLEAR + "8" + ENTER),
        ("max_instances", CLEAR + "2" + ENTER),
        ("cache", DOWN * 2 + ENTER),
        ("ci", DOWN + ENTER),
        ("destination", CLEAR + "elsewhere" + ENTER),
    ]
    done = talk(*script, CREATE)
    assert done.answers == defaults(
        workload="llm",
        engine="sglang",
        model=SMALL_LLM,
        include=["h20"],
        concurrency=8,
        max_instances=2,
        cache="redis",
        ci="none",
    )
    assert done.agreed is not None
    assert done.agreed.destination == Path("elsewhere")


def test_answered_questions_leave_one_row_each(talk: Talker) -> None:
    rows = talk(*IMAGE, QUIT, size=TALL).screen.splitlines()
    kept = [row.split() for row in rows if row.startswith("  ")]
    assert [row[0] for row in kept] == [label for label, *_ in IMAGE]
    assert ["username", "alice"] in kept


def test_nothing_is_written(talk: Talker, tmp_path: Path) -> None:
    talk(*IMAGE, CREATE)
    assert list(tmp_path.iterdir()) == []


def test_given_answers_are_not_asked(talk: Talker) -> None:
    given = {"workload": "llm", "model": "Qwen/Qwen3-4B", "name": "mine", "ci": "none"}
    asked = [step for step in LLM if step[0] not in {*given, "destination"}]
    done = talk(*asked, CREATE, given=given, destination=Path("there"))
    assert done.answers == defaults(**given)
    assert done.agreed is not None
    assert done.agreed.destination == Path("there")


def test_a_given_answer_that_does_not_work_is_asked(talk: Talker) -> None:
    script = [step for step in IMAGE if step[0] not in {"username", "name", "scaling"}]
    given = {"username": "alice", "name": "Bad Name", "cache": "disk", "concurrency": 7}
    script[2:2] = [("name", "my-chute" + ENTER)]
    done = talk(*script, CREATE, given=given)
    assert done.answers == defaults()
    assert done.monitor.showed("cache is lru now, not disk: must be one of")
    assert done.monitor.showed("concurrency is 1 now, not 7: must be 1")


def test_an_unknown_key_is_bad_usage(talk: Talker) -> None:
    with pytest.raises(BadUsage) as stopped:
        run(Questionnaire(), {"gpu": "h100"})
    assert [problem.key for problem in stopped.value.problems] == ["gpu"]


# --- back -----------------------------------------------------------------------------------------


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


# --- review ---------------------------------------------------------------------------------------


def test_the_review_shows_both_variants_with_their_cost(talk: Talker) -> None:
    done = talk(
        *IMAGE,
        ("per instance and hour  $1.80                    $1.80",),
        ("at most per hour       $5.40                    $1.80",),
        ("deployment fee, once   $5.40                    $5.40",),
        ("With concurrency 1 an instance",),
        QUIT,
    )
    assert done.agreed is None


def test_the_review_shows_every_answer(talk: Talker) -> None:
    pages: list[Step] = [("review", PAGE_DOWN)] * 3
    done = talk(*IMAGE, *pages, ("Destination: ./my-chute",), QUIT)
    seen = "".join(done.monitor.frames)
    assert all(f"{key} " in seen for key in defaults())


def test_quitting_comes_to_nothing(talk: Talker) -> None:
    assert talk(*IMAGE, QUIT).agreed is None


def test_any_answer_can_be_changed_at_the_review(talk: Talker) -> None:
    done = talk(
        *IMAGE,
        CHANGE,
        ("change", "scaling_t" + ENTER),
        ("scaling_threshold", CLEAR + "2" + ENTER),
        ("must be above 0, at most 1",),
        ("scaling_threshold", CLEAR + "0.5" + ENTER),
        CHANGE,
        ("change", "keep_warm" + ENTER),
        ("keep_warm", UP + ENTER),
        ("keep_warm bills one instance round the clock",),
        CHANGE,
        ("change", "max_hourly" + ENTER),
        ("max_hourly_price_per_gpu", "2.5" + ENTER),
        CREATE,
    )
    assert done.answers == defaults(
        scaling_threshold=0.5, keep_warm=True, max_hourly_price_per_gpu=2.5
    )


def test_an_empty_price_means_no_limit(talk: Talker) -> None:
    done = talk(
        *IMAGE,
        CHANGE,
        ("change", "max_hourly" + ENTER),
        ("max_hourly_price_per_gpu", CLEAR + ENTER),
        CREATE,
        given={"max_hourly_price_per_gpu": 2.5},
    )
    assert done.answers == defaults()


def test_a_change_asks_again_what_does_not_fit_it(talk: Talker) -> None:
    done = talk(
        *LLM[:5],
        ("include", SPACE + "l40s" + SPACE + ENTER),  # 48 GB
        *LLM[6:],
        CHANGE,
        ("change", "model" + ENTER),
        pick_model(LARGE_LLM),
        ("include is pro_6000 now, not l40s",),
        ("include", ENTER),
        CREATE,
    )
    assert done.answers == defaults(workload="llm", model=LARGE_LLM)


def test_stepping_back_from_a_change_leaves_all_as_it_was(talk: Talker) -> None:
    done = talk(
        *LLM[:5],
        ("include", SPACE + "l40s" + SPACE + ENTER),
        *LLM[6:],
        CHANGE,
        ("change", BACK),
        CHANGE,
        ("change", "model" + ENTER),
        pick_model(LARGE_LLM),
        ("include", BACK),
        ("model", BACK),
        CREATE,
    )
    assert done.answers == defaults(workload="llm", include=["l40s"])


def test_everything_can_be_asked(talk: Talker) -> None:
    keys = [*every_key("llm"), "destination"]
    every: list[Step] = [(key, ENTER) for key in keys]
    done = talk(*LLM, EVERYTHING, *every, CREATE)
    assert done.answers == defaults(workload="llm")


def test_given_answers_can_be_changed_at_the_review(talk: Talker) -> None:
    given = {key: value for key, value in defaults().items() if key in ESSENTIAL}
    done = talk(
        ("review", BACK),
        ("No question was asked yet",),
        CHANGE,
        ("change", "username" + ENTER),
        ("username", CLEAR + "bob_" + ENTER),
        CREATE,
        given=given,
        destination=Path("there"),
    )
    assert done.answers == defaults(username="bob_")


# --- the end --------------------------------------------------------------------------------------


@pytest.mark.whole
@pytest.mark.parametrize("step", [*LLM, CREATE], ids=lambda step: step[0])
@pytest.mark.parametrize("key", [CTRL_C, CTRL_D], ids=["Ctrl-C", "Ctrl-D"])
def test_ctrl_c_and_ctrl_d_end_it_at_any_question(
    talk: Talker, tmp_path: Path, step: Step, key: str
) -> None:
    given = given_before(step[0], "llm")
    destination = Path("there") if step[0] == "review" else None
    if key == CTRL_D and step[0] in {"concurrency", "max_instances", "destination"}:
        key = CLEAR + key
    with pytest.raises(KeyboardInterrupt):
        talk((step[0], key), given=given, destination=destination)
    assert list(tmp_path.iterdir()) == []


# --- questions the wizard has never heard of ------------------------------------------------------

NEW_QUESTIONS = """

motto:
  type: str
  help: Which motto? It changes nothing.
  default: per aspera

retries:
  type: yaml
  help: How many retries? Each costs time.
  default: 2
  validator: "{% if retries is not integer %}must be whole{% endif %}"

verbose:
  type: yaml
  help: Verbose?
  default: false

colour:
  type: str
  help: Which colour?
  choices: {Red: red, Blue: blue}
  default: blue

mandatory:
  type: str
  help: Something without a default.
  validator: "{% if not mandatory %}must not be empty{% endif %}"
"""


def test_a_new_question_needs_no_change_of_the_wizard(talk: Talker, tmp_path: Path) -> None:
    template = copied_template(tmp_path)
    with (template / "copier.yml").open("a") as file:
        file.write(NEW_QUESTIONS)
    new: list[Step] = [
        ("motto", CLEAR + "ad astra" + ENTER),
        ("retries", CLEAR + "x" + ENTER),
        ("must be whole",),
        ("retries", CLEAR + "5" + ENTER),
        ("verbose", UP + ENTER),
        ("colour", UP + ENTER),
    ]
    done = talk(
        *IMAGE[:-1],
        ("mandatory", ENTER),
        ("must not be empty",),
        ("mandatory", "x" + ENTER),
        IMAGE[-1],
        EVERYTHING,
        *((key, ENTER) for key in every_key("image")),
        *new,
        ("mandatory", ENTER),
        IMAGE[-1],
        CREATE,
        questionnaire=Questionnaire(template),
    )
    extra = {"motto": "ad astra", "retries": 5, "verbose": True, "colour": "red", "mandatory": "x"}
    assert done.answers == defaults() | extra
