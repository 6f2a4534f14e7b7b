"""The wizard as its user meets it: keys in, a terminal's screen and the answers out."""

from pathlib import Path

import pytest

from scaffold.answers.questions import Questionnaire
from scaffold.errors import BadUsage
from scaffold.wizard import run
from support.conversation import (
    CLEAR,
    CREATE,
    CTRL_C,
    CTRL_D,
    DOWN,
    ENTER,
    EVERYTHING,
    IMAGE,
    LLM,
    QUIT,
    SMALL_LLM,
    SPACE,
    TALL,
    UP,
    Step,
    Talker,
    copied_template,
    defaults,
    every_key,
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
