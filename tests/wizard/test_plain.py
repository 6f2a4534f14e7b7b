"""The wizard in plain lines: nothing moves, and everything can be read aloud in its order."""

import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest

from scaffold.answers.questions import Questionnaire
from support.places import ROOT

ESC = "\x1b"
TO_THE_REVIEW = {
    "workload": "",
    "model": "",
    "username": "alice",
    "name": "my-chute",
    "include": "",
    "scaling": "",
    "max_instances": "",
    "cache": "",
    "ci": "",
    "destination": "",
}


class Lines:
    """A run on a terminal that can only print; `said` is all that it printed."""

    def __init__(self, folder: Path, *arguments: str, **env: str) -> None:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm-256color", **env}
        self.child = pexpect.spawn(
            sys.executable,
            ["-m", "scaffold", "--offline", "--no-verify", *arguments],
            cwd=str(folder),
            env=environment,
            encoding="utf-8",
            timeout=300,
            echo=False,
        )
        self.said = ""

    def answer(self, key: str, typed: str) -> "Lines":
        """Wait for the prompt of a question and type a line there."""
        self.child.expect(rf"(?m)^{key}(?: \[[^\n]*\])?: $")
        self.said += self.child.before + self.child.after
        self.child.sendline(typed)
        return self

    def answer_all(self, **other: str) -> "Lines":
        """The usual answers up to the review."""
        for key, typed in (TO_THE_REVIEW | other).items():
            self.answer(key, typed)
        return self

    def exit_code(self) -> int:
        """Wait for the end."""
        self.child.expect(pexpect.EOF)
        self.said += self.child.before
        self.child.close()
        return int(self.child.exitstatus if self.child.exitstatus is not None else -1)


@pytest.fixture(params=["--plain", "TERM=dumb"])
def lines(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Lines]:
    """By option, and on a terminal that can do no more."""
    run = Lines(tmp_path, "--plain") if request.param == "--plain" else Lines(tmp_path, TERM="dumb")
    yield run
    run.child.close(force=True)


@pytest.mark.path
def test_from_the_first_question_to_the_repository(lines: Lines, tmp_path: Path) -> None:
    assert lines.answer_all().answer("review", "y").exit_code() == 0
    answers = (tmp_path / "my-chute" / ".copier-answers.yml").read_text()
    assert "username: alice" in answers
    assert ESC not in lines.said
    assert "\x07" not in lines.said
    for key in TO_THE_REVIEW:
        assert f"{key} is " in lines.said
    assert "1. Pictures, one at a time" in lines.said
    assert "Type a number or a name" in lines.said
    assert "staging: $1.80 per instance and hour, at most $1.80 per hour" in lines.said
    assert "Note: With concurrency 1 an instance turns away" in lines.said


@pytest.mark.whole
def test_all_that_a_question_says_is_said(lines: Lines) -> None:
    questionnaire = Questionnaire()
    lines.answer_all().answer("review", "all")
    answers = questionnaire.resolve({"username": "alice", "name": "my-chute"}).answers
    for key in answers:
        if key == "concurrency":
            lines.answer("scaling", "")
        lines.answer(key, "")
    lines.answer("destination", "").answer("review", "q")
    assert lines.exit_code() == 130
    for question in questionnaire.questions:
        if question.key in answers:
            assert question.help in lines.said.replace("\r\n", " ")
            assert lines.said.count(f"{question.key} is ") >= 1


@pytest.mark.whole
def test_numbers_names_and_the_beginning_of_a_title_choose(lines: Lines, tmp_path: Path) -> None:
    lines.answer("workload", "2").answer("engine", "sglang,").answer("model", "qwen/qwen3-4b")
    lines.answer("username", "alice").answer("name", "my-chute").answer("include", "H100, 19, b200")
    for key in ("scaling", "concurrency", "max_instances", "cache", "ci", "destination"):
        lines.answer(key, "")
    assert lines.answer("review", "YES").exit_code() == 0
    answers = (tmp_path / "my-chute" / ".copier-answers.yml").read_text()
    assert "engine: sglang" in answers
    assert "model: Qwen/Qwen3-4B\n" in answers
    assert "- h100\n- b200\n" in answers


@pytest.mark.whole
def test_a_wrong_answer_says_what_is_allowed_and_asks_again(lines: Lines) -> None:
    lines.answer("workload", "5").answer("workload", "video").answer("workload", "9" * 5000)
    lines.answer("workload", "").answer("model", "").answer("username", "x").answer("username", "")
    lines.answer("username", "alice").answer("name", "")
    assert "99... is none of them" in lines.said
    assert "video is none of them, type a number from 1 to 4" in lines.said
    assert lines.said.count("Not taken: must be 3 to 15 letters") == 2


@pytest.mark.whole
def test_a_step_back_and_a_repeated_question(lines: Lines) -> None:
    lines.answer("workload", "<").answer("workload", "").answer("model", "?").answer("model", "<")
    lines.answer("workload", "?").answer("workload", "")
    assert lines.said.count("What will this chute serve?") == 4
    assert lines.said.count("Which Hugging Face model?") == 2
    assert "One step back." in lines.said


@pytest.mark.whole
def test_an_answer_is_changed_at_the_review(lines: Lines, tmp_path: Path) -> None:
    lines.answer_all().answer("review", "tagline").answer("tagline", "By key")
    (number,) = re.findall(r"(\d+)\. cache: lru", lines.said.rpartition("Create it in")[2])
    lines.answer("review", number).answer("cache", "<").answer("review", number)
    assert lines.answer("cache", "1").answer("review", "y").exit_code() == 0
    answers = (tmp_path / "my-chute" / ".copier-answers.yml").read_text()
    assert "cache: none" in answers
    assert "tagline: By key" in answers


@pytest.mark.whole
def test_only_a_yes_creates(lines: Lines, tmp_path: Path) -> None:
    lines.answer_all()
    for typed in ("", "no", "99", "create?"):
        lines.answer("review", typed)
    lines.answer("review", "<").answer("destination", "").answer("review", "q")
    assert lines.exit_code() == 130
    assert lines.said.count("type y, all, q or a number from 1 to ") == 4
    assert list(tmp_path.iterdir()) == []


@pytest.mark.whole
def test_what_is_typed_by_mistake_controls_no_terminal(lines: Lines) -> None:
    """Arrow keys arrive as escape sequences, and a Latin-1 terminal sends what is no UTF-8."""
    lines.answer("workload", "\x1b[A")
    lines.child.expect("workload.*: $")
    lines.said += lines.child.before + lines.child.after
    lines.child.delaybeforesend = None
    os.write(lines.child.child_fd, b"\xe9\x85\n")
    lines.answer("workload", "").answer("model", "")
    assert ESC not in lines.said
    assert r"Not taken: \x1b[A is none of them" in lines.said
    assert r"Not taken: \udce9\udc85 is none of them" in lines.said


TRAFFIC = {"scaling": "2", "rps": "0.05", "pattern": "1", "seconds": "3", "p95": "30"}


@pytest.mark.whole
def test_help_with_the_scaling_fills_the_answers_in(lines: Lines, tmp_path: Path) -> None:
    for key in ("workload", "model", "username", "name", "include"):
        lines.answer(key, TO_THE_REVIEW[key])
    lines.answer("scaling", "2").answer("rps", "many").answer("rps", "<").answer("scaling", "2")
    for key in ("rps", "pattern", "seconds", "p95"):
        lines.answer(key, TRAFFIC[key])
    for key in ("max_instances", "cache", "ci", "destination"):
        lines.answer(key, "")
    assert lines.answer("review", "y").exit_code() == 0
    assert "Not taken: must be a number above 0" in lines.said
    assert "a day: 95 of 100 answers within" in lines.said
    answers = (tmp_path / "my-chute" / ".copier-answers.yml").read_text()
    assert "scaling:" not in answers
    assert "shutdown_after_seconds: 60\n" in answers


@pytest.mark.whole
def test_where_nothing_is_known_of_the_speed_the_seconds_must_be_said(lines: Lines) -> None:
    lines.answer("workload", "").answer("model", "11").answer("model", "owner/unknown")
    lines.answer("revision", "0123456789" * 4).answer("gated", "").answer("task", "")
    lines.answer("username", "alice").answer("name", "my-chute").answer("min_vram_gb_per_gpu", "24")
    lines.answer("include", "").answer("scaling", "2").answer("rps", "1").answer("pattern", "")
    lines.answer("seconds", "").answer("seconds", "3").answer("p95", "").answer("max_instances", "")
    assert "Not taken: must be a number." in lines.said
    assert "That cannot be worked out" not in lines.said


@pytest.mark.whole
@pytest.mark.parametrize("key", ["\x03", "\x04"], ids=["Ctrl-C", "Ctrl-D"])
def test_it_can_be_ended(lines: Lines, tmp_path: Path, key: str) -> None:
    lines.answer("workload", "").child.expect("model")
    lines.child.send(key)
    assert lines.exit_code() == 130
    assert list(tmp_path.iterdir()) == []


@pytest.mark.whole
def test_without_utf_8_it_is_ascii(tmp_path: Path) -> None:
    run = Lines(
        tmp_path,
        "--plain",
        LC_ALL="C",
        PYTHONUTF8="0",
        PYTHONCOERCECLOCALE="0",
        PYTHONIOENCODING="ascii",
    )
    assert run.answer_all().answer("review", "q").exit_code() == 130
    assert run.said.isascii()


@pytest.mark.whole
def test_each_answer_has_its_origin(tmp_path: Path) -> None:
    run = Lines(
        tmp_path,
        "--plain",
        "--json",
        "--set=gpu_count=1",
        CHUTE_NEW_USERNAME="carol",
        CHUTE_NEW_MAX_INSTANCES="7",
        CHUTE_NEW_CI="none",
    )
    run.answer_all(username="", max_instances="5", cache="1").answer("review", "y").exit_code()
    document = json.loads(run.said[run.said.index("{\r\n") :])
    origins = {key: origin for key, origin in document["origins"].items() if origin != "default"}
    assert origins == {
        "username": "CHUTE_NEW_USERNAME",
        "name": "asked",
        "gpu_count": "--set",
        "max_instances": "asked",
        "cache": "asked",
        "ci": "CHUTE_NEW_CI",
    }
    assert (document["answers"]["username"], document["answers"]["ci"]) == ("carol", "none")


@pytest.mark.path
def test_a_model_beyond_the_catalog_is_typed_where_the_catalog_is(lines: Lines) -> None:
    lines.answer("workload", "2").answer("engine", "").answer("model", "acme")
    lines.answer("model", "https://huggingface.co/acme/support-8b-v3").answer("revision", "main")
    assert "Not taken: must be a Hugging Face repository id" in lines.said
    lines.answer("revision", "<").answer("model", "<")
    assert "model is acme/support-8b-v3." in lines.said
