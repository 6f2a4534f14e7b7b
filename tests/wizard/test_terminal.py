"""The command in real terminals: pseudo-terminals read by an emulator, and tmux."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from scaffold.answers.questions import Questionnaire
from scaffold.wizard.prompts import SHORT_LIST
from support.answers import REQUIRED
from support.command import Run
from support.machine import need
from support.places import ROOT
from support.terminals import Emulator, Terminal, Tmux, wait_until

ENTER, BACK, ESCAPE, DOWN, PAGE_DOWN = "\r", "\x1b[Z", "\x1b", "\x1b[B", "\x1b[6~"
CTRL_C, CTRL_D, CLEAR = "\x03", "\x04", "\x15"
SIZES = [(80, 24), (40, 24), (200, 50)]
STEPS = {
    "workload": ENTER,
    "model": ENTER,
    "username": "alice" + ENTER,
    "name": "my-chute" + ENTER,
    "include": ENTER,
    "scaling": ENTER,
    "max_instances": ENTER,
    "cache": ENTER,
    "ci": ENTER,
    "destination": ENTER,
}
COLOUR = re.compile(rb"\x1b\[(?:\d+;)*(?:3|4|9|10)[0-8](?:;\d+)*m")


class Session:
    """One run of `chute-new` in a terminal, in an empty folder."""

    def __init__(self, terminal: Terminal, folder: Path) -> None:
        self.terminal = terminal
        self.folder = folder

    def start(self, arguments: str = "", **env: str) -> "Session":
        command = f"{shlex.quote(sys.executable)} -m scaffold {arguments}"
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm-256color", **env}
        environment.pop("NO_COLOR", None) if "NO_COLOR" not in env else None
        self.terminal.start(command, self.folder, environment)
        return self

    def see(self, text: str) -> "Session":
        wait_until(lambda: text in self.terminal.screen(), self.terminal.screen)
        return self

    def answer(self, label: str, keys: str) -> "Session":
        prompt = re.compile(rf"^\? {label}(?: |$)", re.MULTILINE)
        wait_until(lambda: bool(prompt.search(self.terminal.screen())), self.terminal.screen)
        self.terminal.type(keys)
        return self

    def answer_all(self, until: str = "", since: str = "workload") -> "Session":
        """The usual answers from one question on, up to another one that stays open."""
        labels = list(STEPS)
        for label in labels[labels.index(since) :]:
            if label == until:
                break
            self.answer(label, STEPS[label])
        return self

    def asked(self, after: str) -> tuple[str, str]:
        """The label of the next question, and the words on its screen once the keys are there."""
        found: list[str] = []

        def complete() -> bool:
            screen = self.terminal.screen()
            labels = re.findall(r"^\? (\w+)", screen, re.MULTILINE)
            words = " ".join(screen.split())
            found[:] = [*labels, words]
            return len(labels) == 1 and labels != [after] and words.endswith("Shift-Tab steps back")

        wait_until(complete, self.terminal.screen)
        label, words = found
        return label, words

    def left_behind(self) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "home"
    path.mkdir()
    return path


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    terminal = Emulator(80, 24)
    yield terminal
    terminal.close()


@pytest.fixture
def session(emulator: Emulator, folder: Path) -> Session:
    return Session(emulator, folder)


@pytest.fixture(
    params=[
        pytest.param(
            (kind, (columns, rows)),
            id=f"{kind}-{columns}x{rows}",
            marks=pytest.mark.path if (kind, columns) == ("tmux", 80) else pytest.mark.whole,
        )
        for kind in ("emulator", "tmux")
        for columns, rows in SIZES
    ]
)
def any_session(
    request: pytest.FixtureRequest, folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Session]:
    """One in each kind of terminal, wide and narrow."""
    kind, (columns, rows) = request.param
    terminal: Emulator | Tmux
    if kind == "tmux":
        need("tmux")
        terminal = Tmux(columns, rows, tmp_path_factory.mktemp("t") / "s")
    else:
        terminal = Emulator(columns, rows)
    yield Session(terminal, folder)
    terminal.close()


def check_repository(path: Path, workload: str) -> None:
    answers = (path / ".copier-answers.yml").read_text()
    assert f"workload: {workload}" in answers
    assert "username: alice" in answers
    assert {"chute.py", "Makefile", "README.md"} <= {entry.name for entry in path.iterdir()}
    log = ["git", "-C", str(path), "log", "--format=%s"]
    commits = subprocess.run(log, capture_output=True, text=True, check=True).stdout.splitlines()
    assert len(commits) == 1
    status = ["git", "-C", str(path), "status", "--porcelain"]
    assert subprocess.run(status, capture_output=True, text=True, check=True).stdout == ""


def test_from_the_first_question_to_the_repository(any_session: Session) -> None:
    """Over steps back, another workload and a change at the review."""
    session = any_session.start()
    session.answer_all(until="name").answer("name", BACK).answer("username", BACK)
    session.answer("model", ESCAPE).answer("workload", DOWN + ENTER).answer("engine", ENTER)
    session.answer("model", DOWN + ENTER).answer("username", ENTER).answer("name", "My Chute")
    session.see("must be 3 to 48").answer("name", CLEAR + "my-chute" + ENTER)
    session.answer("include", ENTER).answer("scaling", ENTER).answer("concurrency", ENTER)
    session.answer_all(since="max_instances").see("Create it in ./my-chute?")
    session.answer("review", DOWN + ENTER).answer("change", "cache" + ENTER)
    session.answer("cache", DOWN + ENTER).answer("review", ENTER)
    assert session.terminal.exit_code() == 0
    assert session.left_behind() == ["my-chute"]
    check_repository(session.folder / "my-chute", "llm")
    assert "cache: lru" in (session.folder / "my-chute" / ".copier-answers.yml").read_text()


@pytest.mark.path
def test_an_answers_file_with_questions_for_what_it_leaves_open(session: Session) -> None:
    (session.folder / "a.yml").write_text(
        "username: alice\nmodel: black-forest-labs/FLUX.2-klein-4B\ncache: disk\nci: none\n"
    )
    session.start("there --answers a.yml --ask --no-verify")
    session.answer("workload", ENTER)
    session.answer("task", ENTER)
    session.answer("name", ENTER).answer("include", ENTER).answer("scaling", ENTER)
    session.answer("max_instances", ENTER).see("not disk").answer("cache", ENTER)
    session.see("Create it in there?").answer("review", ENTER)
    assert session.terminal.exit_code() == 0
    answers = (session.folder / "there" / ".copier-answers.yml").read_text()
    assert "model: black-forest-labs/FLUX.2-klein-4B" in answers
    assert "ci: none" in answers


@pytest.mark.path
def test_what_was_answered_before_an_interrupt_is_gone_on_with(
    emulator: Emulator, folder: Path, tmp_path: Path
) -> None:
    state = tmp_path / "state"
    session = Session(emulator, folder).start("there --no-verify", XDG_STATE_HOME=str(state))
    session.answer_all(until="name").answer("name", CLEAR + "mine" + ENTER)
    session.answer("include", CTRL_C)
    session.see("`chute-new --resume` goes on from here")
    assert session.terminal.exit_code() == 130
    assert session.left_behind() == []
    kept = state / "chute-new" / "unfinished.yml"
    assert kept.parent.stat().st_mode & 0o077 == 0
    again = Emulator(80, 24)
    try:
        session = Session(again, folder).start("--resume --no-verify", XDG_STATE_HOME=str(state))
        session.see("  name           mine").answer_all(since="include", until="destination")
        session.see("Create it in there?").answer("review", ENTER)
        assert session.terminal.exit_code() == 0
    finally:
        again.close()
    check_repository(folder / "there", "image")
    assert "name: mine" in (folder / "there" / ".copier-answers.yml").read_text()
    assert not kept.exists()


@pytest.mark.path
@pytest.mark.parametrize("options", [["--defaults"], ["--answers=-"], ["--answers=a.yml"]])
def test_nobody_can_be_asked_without_a_terminal(
    chute_new: Run, tmp_path: Path, options: list[str]
) -> None:
    run = chute_new("out", "--ask", *options)
    assert run.returncode == 2
    assert "--ask asks on a terminal" in run.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.whole
def test_a_destination_on_the_command_line_is_not_asked(session: Session) -> None:
    session.start("there --no-verify").answer_all(until="name").answer("name", ENTER)
    session.answer_all(since="include", until="destination")
    session.see("Create it in there?").answer("review", ENTER)
    assert session.terminal.exit_code() == 0
    check_repository(session.folder / "there", "image")
    assert "name: there" in (session.folder / "there" / ".copier-answers.yml").read_text()


@pytest.mark.whole
@pytest.mark.parametrize("key", [CTRL_C, CTRL_D], ids=["Ctrl-C", "Ctrl-D"])
@pytest.mark.parametrize("label", ["workload", "name", "include", "review"])
def test_an_end_by_key_leaves_nothing(session: Session, label: str, key: str) -> None:
    session.start().answer_all(until=label).answer(label, key)
    assert session.terminal.exit_code() == 130
    assert session.left_behind() == []
    assert "Traceback" not in session.terminal.screen()


def test_ctrl_c_in_any_terminal_leaves_nothing(any_session: Session) -> None:
    any_session.start().answer_all().answer("review", CTRL_C)
    assert any_session.terminal.exit_code() == 130
    assert any_session.left_behind() == []


@pytest.mark.whole
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
@pytest.mark.parametrize("label", ["workload", "name"])
def test_a_signal_from_outside_leaves_nothing(
    session: Session, emulator: Emulator, label: str, name: str
) -> None:
    session.start().answer_all(until=label).answer(label, "")
    os.killpg(emulator.child.pid, signal.Signals[name])
    assert session.terminal.exit_code() in {130, -signal.Signals[name]}
    assert session.left_behind() == []
    assert "Traceback" not in session.terminal.screen()


@pytest.mark.whole
def test_ctrl_c_while_it_writes_leaves_nothing(session: Session) -> None:
    session.start().answer_all().answer("review", ENTER)
    wait_until(lambda: bool(session.left_behind()), session.terminal.screen)
    session.terminal.type(CTRL_C)
    assert session.terminal.exit_code() == 130
    assert session.left_behind() == []


@pytest.mark.whole
def test_quitting_at_the_review_leaves_nothing(session: Session) -> None:
    session.start().answer_all().answer("review", DOWN * 4 + ENTER)
    assert session.terminal.exit_code() == 130
    assert session.left_behind() == []


@pytest.mark.whole
def test_prompts_stay_off_standard_output(session: Session) -> None:
    session.start("--json --no-verify > document").answer_all().answer("review", ENTER)
    assert session.terminal.exit_code() == 0
    document = json.loads((session.folder / "document").read_text())
    assert document["answers"]["username"] == "alice"
    assert document["destination"] == str(session.folder / "my-chute")


@pytest.mark.whole
def test_colours_only_where_they_are_wanted(folder: Path) -> None:
    seen = {}
    for wish in ({}, {"NO_COLOR": "1"}):
        terminal = Emulator(80, 24)
        Session(terminal, folder).start(**wish).answer_all(until="model").answer("model", CTRL_C)
        assert terminal.exit_code() == 130
        seen[bool(wish)] = bool(COLOUR.search(terminal.raw))
        terminal.close()
    assert seen == {False: True, True: False}


@pytest.mark.whole
@pytest.mark.parametrize("columns", [40, 80, 200])
@pytest.mark.parametrize("workload", ["image", "llm"])
def test_every_screen_fits_the_pane(
    folder: Path, tmp_path_factory: pytest.TempPathFactory, columns: int, workload: str
) -> None:
    """All of the help, the choices and the keys at once on 24 rows, with no word broken."""
    need("tmux")
    terminal = Tmux(columns, 24, tmp_path_factory.mktemp("t") / "s")
    questionnaire = Questionnaire()
    resolution = questionnaire.resolve({**REQUIRED, "workload": workload})
    questions = {question.key: question for question in questionnaire.questions}
    typed = STEPS | ({"workload": DOWN + ENTER} if workload == "llm" else {})
    asked: list[str] = []
    try:
        session = Session(terminal, folder).start("--no-verify --offline")
        while asked.count("review") < 2:
            label, words = session.asked(after=asked[-1] if asked else "")
            question = questions.get(label)
            if question:
                assert f" {question.help} " in f" {words} "
                titles = [c.title for c in questionnaire.choices(question, resolution.context)]
                if len(titles) <= SHORT_LIST:
                    for title in titles:
                        assert f" {title} " in f" {words} ", words
                elif label == "include":
                    assert "> [x] pro_6000 96 GB $1.80/h [ ] h100_nvl 96 GB $2.25/h" in words
            if "review" not in asked:
                terminal.type((typed | {"review": DOWN * 2 + ENTER}).get(label, ENTER))
            elif label != "review":
                terminal.type(ENTER)
            asked.append(label)
        assert set(resolution.answers) <= set(asked[asked.index("review") :])
        pages = []
        for _ in range(6):
            pages.append(terminal.screen())
            terminal.type(PAGE_DOWN)
            time.sleep(0.2)
        shown = " ".join(" ".join(pages).split())
        assert [key for key in resolution.answers if f" {key} " not in shown] == []
        assert "Destination: ./my-chute" in shown
    finally:
        terminal.close()


@pytest.mark.whole
def test_a_terminal_without_utf_8_gets_ascii(session: Session, emulator: Emulator) -> None:
    session.start(LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0", PYTHONIOENCODING="ascii")
    session.answer_all().see("Create it in").answer("review", CTRL_C)
    assert session.terminal.exit_code() == 130
    assert emulator.raw.isascii()


@pytest.mark.whole
def test_a_terminal_can_be_resized(session: Session, emulator: Emulator) -> None:
    session.start().answer_all(until="include").see("Which GPUs")
    emulator.resize(40, 15)
    session.see("Shift-Tab steps back").answer_all(since="include").see("Create it in ./my-chute?")
    emulator.resize(120, 40)
    session.see("per instance and hour  $1.80                    $1.80")
    session.answer("review", CTRL_C)
    assert session.terminal.exit_code() == 130
