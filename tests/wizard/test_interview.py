"""The wizard as its user meets it: keys in, a terminal's screen and the answers out."""

import io
import re
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyte
import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.data_structures import Size
from prompt_toolkit.input import PipeInput, create_pipe_input
from prompt_toolkit.output.vt100 import Vt100_Output

from scaffold.answers.questions import Habit, Questionnaire, template_folder
from scaffold.errors import BadUsage
from scaffold.wizard import Agreed, prompts, run
from scaffold.wizard.interview import ESSENTIAL

ENTER, BACK, ESCAPE, SPACE = "\r", "\x1b[Z", "\x1b", " "
UP, DOWN, PAGE_DOWN = "\x1b[A", "\x1b[B", "\x1b[6~"
CTRL_C, CTRL_D, CLEAR = "\x03", "\x04", "\x15"
TALL = (80, 60)
PATIENCE_SECONDS = 10
UNKNOWN_MODEL, COMMIT = "owner/some-model", "0123456789abcdef" * 2 + "01234567"

# A question's name as it stands before its prompt, and what is typed there; a tuple of one is a
# text to wait for.
Step = tuple[str, str] | tuple[str]
IMAGE: tuple[Step, ...] = (
    ("workload", ENTER),
    ("model", ENTER),
    ("username", "alice" + ENTER),
    ("name", "my-chute" + ENTER),
    ("include", ENTER),
    ("scaling", ENTER),
    ("max_instances", ENTER),
    ("cache", ENTER),
    ("ci", ENTER),
    ("destination", ENTER),
)
LLM: tuple[Step, ...] = (
    ("workload", DOWN + ENTER),
    ("engine", ENTER),
    *IMAGE[1:6],
    ("concurrency", ENTER),
    *IMAGE[6:],
)
FLUX, LARGE_LLM, SMALL_LLM = (
    "black-forest-labs/FLUX.1-schnell",  # 40 GB, gated
    "Qwen/Qwen3-32B",  # 79 GB
    "Qwen/Qwen3-0.6B",
)
CREATE: Step = ("review", ENTER)
CHANGE: Step = ("review", DOWN + ENTER)
EVERYTHING: Step = ("review", DOWN * 2 + ENTER)
STEP_BACK: Step = ("review", DOWN * 3 + ENTER)
QUIT: Step = ("review", DOWN * 4 + ENTER)


class Monitor(io.TextIOBase):
    """A terminal emulator that what is written goes to; `frames` are its screens in order."""

    def __init__(self, columns: int, rows: int) -> None:
        self.size = Size(rows=rows, columns=columns)
        self.screen = pyte.Screen(columns, rows)
        self.stream = pyte.Stream(self.screen)
        self.frames: list[str] = []
        self.lock = threading.Lock()

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return "utf-8"

    def write(self, text: str) -> int:
        with self.lock:
            self.stream.feed(text.replace("\n", "\r\n") if "\r" not in text else text)
            self.frames.append(self.text())
        return len(text)

    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self.screen.display).rstrip()

    def shows(self, step: Step) -> bool:
        with self.lock:
            if len(step) == 1:
                return step[0] in self.text()
            return any(f"{row} ".startswith(f"? {step[0]} ") for row in self.text().split("\n"))

    def showed(self, text: str) -> bool:
        return any(text in " ".join(frame.split()) for frame in self.frames)


@dataclass
class Talk:
    """What a run of the wizard came to."""

    agreed: Agreed | None
    monitor: Monitor

    @property
    def answers(self) -> dict[str, Any]:
        assert self.agreed is not None
        return self.agreed.answers

    @property
    def screen(self) -> str:
        return self.monitor.text()


def facts(key: str) -> Any:
    """What the template knows and never asks."""
    return next(q.default for q in Questionnaire().questions if q.key == key)


def pick_model(name: str) -> Step:
    """From the first of the catalog, where the pointer stands, down to a model."""
    catalog = next(c for c in facts("models").values() if any(m["id"] == name for m in c))
    return ("model", DOWN * [entry["id"] for entry in catalog].index(name) + ENTER)


def play(script: Sequence[Step], monitor: Monitor, keyboard: PipeInput, log: list[str]) -> None:
    """Type each step when its question is on the screen; Ctrl-C at the end, or when it is not."""
    for step in script:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not monitor.shows(step):
            if time.monotonic() > deadline:
                log.append(f"waited for {step}, the screen was:\n{monitor.text()}")
                keyboard.send_text(CTRL_C)
                return
            time.sleep(0.005)
        if len(step) == 2:
            keyboard.send_text(step[1])
    keyboard.send_text(CTRL_C)


@contextmanager
def keyboard_and_monitor(monitor: Monitor, monkeypatch: pytest.MonkeyPatch) -> Iterator[PipeInput]:
    output = Vt100_Output(monitor, lambda: monitor.size, term="xterm", enable_cpr=False)
    monkeypatch.setattr(prompts, "create_output", lambda stdout: output)
    with create_pipe_input() as keyboard, create_app_session(input=keyboard):
        yield keyboard


Talker = Callable[..., Talk]


@pytest.fixture
def talk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Talker:
    """Run the wizard against a script, in an empty folder that must stay empty."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TERM", "xterm")

    def talk_(
        *script: Step,
        given: dict[str, Any] | None = None,
        destination: Path | None = None,
        size: tuple[int, int] = (80, 24),
        questionnaire: Questionnaire | None = None,
    ) -> Talk:
        monitor, log = Monitor(*size), list[str]()
        agreed = None
        with keyboard_and_monitor(monitor, monkeypatch) as keyboard:
            thread = threading.Thread(target=play, args=(script, monitor, keyboard, log))
            thread.start()
            try:
                agreed = run(questionnaire or Questionnaire(), given or {}, destination)
            finally:
                thread.join()
                assert not log, log[0]
        return Talk(agreed, monitor)

    return talk_


def defaults(**given: Any) -> dict[str, Any]:
    """The answers that come of accepting every default."""
    resolution = Questionnaire().resolve({"username": "alice", "name": "my-chute", **given})
    assert not resolution.problems
    return resolution.answers


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


# --- typing ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("label", "typed", "message"),
    [
        ("username", "al", "must be 3 to 15"),
        ("name", "My_Chute", "must be 3 to 48"),
        ("concurrency", CLEAR + "many", "must be a whole number from 1 to 256"),
        ("concurrency", CLEAR, "must be a whole number from 1 to 256"),
        ("max_instances", CLEAR + "101", "must be a whole number from 1 to 100"),
    ],
)
def test_a_mistake_is_told_while_typing_and_refused(
    talk: Talker, label: str, typed: str, message: str
) -> None:
    at = [step[0] for step in LLM].index(label)
    right = {"username": "alice", "name": "my-chute", "concurrency": "64", "max_instances": "3"}
    script = [*LLM[:at], (label, typed), (message,), (label, ENTER), (message,)]
    done = talk(*script, (label, CLEAR + right[label] + ENTER), *LLM[at + 1 :], CREATE)
    assert done.answers == defaults(workload="llm")


def test_an_empty_line_is_no_mistake_until_entered(talk: Talker) -> None:
    script = [*IMAGE[:2], ("Enter accepts",), ("username", ENTER), ("must be 3 to 15",)]
    done = talk(*script, *IMAGE[2:], CREATE)
    assert done.answers == defaults()


def test_an_occupied_destination_is_refused_while_typing(talk: Talker, tmp_path: Path) -> None:
    (tmp_path / "my-chute").mkdir()
    (tmp_path / "my-chute" / "thesis.tex").touch()
    script = [*IMAGE[:-1], ("destination", ENTER), ("is not empty",)]
    done = talk(*script, ("destination", "-2" + ENTER), CREATE)
    assert done.agreed is not None
    assert done.agreed.destination == Path("my-chute-2")


def test_a_given_destination_that_is_occupied_is_asked(talk: Talker, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "file").touch()
    script = [*IMAGE[:3], ("name", CLEAR + "my-chute" + ENTER), *IMAGE[4:-1]]
    done = talk(*script, ("destination", CLEAR + "here" + ENTER), CREATE, destination=Path("there"))
    assert done.agreed is not None
    assert done.agreed.destination == Path("here")


@pytest.mark.parametrize(
    ("folder", "typed", "name"),
    [
        ("there", "", "there"),
        ("in/there", "-2", "there-2"),
        ("My_Chute 2", "", "my-chute-2"),
        ("絵", "mine", "mine"),
    ],
)
def test_a_chute_may_be_called_like_its_folder(
    talk: Talker, folder: str, typed: str, name: str
) -> None:
    script = [*IMAGE[:3], ("name", typed + ENTER), *IMAGE[4:-1], CREATE]
    done = talk(*script, destination=Path(folder))
    assert done.answers == defaults(name=name)
    assert done.agreed is not None
    assert "name" in done.agreed.chosen


def test_a_chute_may_be_called_like_the_current_folder(
    talk: Talker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "paint").mkdir()
    monkeypatch.chdir(tmp_path / "paint")
    script = [*IMAGE[:3], ("name", ENTER), *IMAGE[4:-1], CREATE]
    done = talk(*script, destination=Path())
    assert done.answers["name"] == "paint"


# --- lists ----------------------------------------------------------------------------------------


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


@pytest.mark.parametrize("typed", ["a4000", "3090", "l4", "no such thing"])
def test_a_filter_never_leads_to_a_gpu_too_small(talk: Talker, typed: str) -> None:
    script = [IMAGE[0], pick_model(FLUX), *IMAGE[2:4]]
    keys = typed.replace(" ", "") + DOWN + UP + UP + SPACE
    done = talk(*script, ("include", keys), ("include", ENTER), *IMAGE[5:], CREATE)
    memory = {gpu["id"]: gpu["vram_gb"] for gpu in facts("gpus")}
    assert all(memory[name] >= 40 for name in done.answers["include"])


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


def copied_template(tmp_path: Path) -> Path:
    """The questions and facts in a folder of their own, to be changed."""
    copied = tmp_path.parent / f"{tmp_path.name}-template"
    shutil.copytree(template_folder(), copied, ignore=shutil.ignore_patterns("project"))
    return copied


# --- models ---------------------------------------------------------------------------------------


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
        *IMAGE[2:4],
        ("min_vram_gb_per_gpu", CLEAR + "24" + ENTER),
        *IMAGE[4:],
        CREATE,
    )
    assert done.answers == defaults(
        model=UNKNOWN_MODEL, revision=COMMIT, gated=True, min_vram_gb_per_gpu=24
    )


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
    given = {"model": UNKNOWN_MODEL, "revision": COMMIT, "min_vram_gb_per_gpu": 24, "gated": True}
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


def given_before(label: str, workload: str = "image") -> dict[str, Any]:
    """Defaults for every question asked before one."""
    labels = [step[0] for step in (LLM if workload == "llm" else IMAGE)]
    answers = defaults(workload=workload)
    before = labels[: [*labels, "review"].index(label)]
    # Whoever gives a number knows the numbers, and is not asked about scaling.
    known = ["shutdown_after_seconds"] if "scaling" in before else []
    return {key: answers[key] for key in [*before, *known] if key in answers}


def every_key(workload: str) -> list[str]:
    """All that is asked when everything is, but where to make it."""
    keys = list(defaults(workload=workload))
    keys.insert(keys.index("concurrency"), "scaling")
    return keys


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
    assert done.monitor.showed(f"model is {facts('models')['llm'][0]['id']} now, not {FLUX}")


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


# --- size -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(80, 24), (40, 24), (200, 50)], ids="{0[0]}x{0[1]}".format)
def test_every_screen_holds_question_and_keys(talk: Talker, size: tuple[int, int]) -> None:
    """With the keys in the last row, nothing that matters was cut off below."""
    keys = [*every_key("llm"), "destination"]
    every: list[Step] = [
        step for key in keys for step in ((key, ""), ("steps back",), (key, ENTER))
    ]
    done = talk(*LLM, EVERYTHING, *every, ("steps back",), CREATE, size=size)
    assert done.answers == defaults(workload="llm")


# --- colours --------------------------------------------------------------------------------------


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
    script = [(key, ENTER if key == "username" else typed) for key, typed in IMAGE]
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
