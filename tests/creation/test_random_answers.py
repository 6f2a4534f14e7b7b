"""Thousands of random sets of answers: right, wrong and hostile ones.

Every set ends with exit code 0 or 2, without a trace, and with the repository or with nothing. What
is made loads on the real SDK as answered and has no finding.
"""

import contextlib
import io
import json
import os
import random
import shutil
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml

from scaffold.__main__ import run
from scaffold.answers.questions import Question, Questionnaire
from support.answers import REQUIRED
from support.loading import Loader, assert_as_answered
from support.next_release import pairwise

pytestmark = pytest.mark.whole

SETS = int(os.environ.get("TEST_RANDOM_SETS", "500"))
ROUNDS = 5
QUESTIONNAIRE = Questionnaire()
A_COMMIT = "0123456789abcdef" * 2 + "01234567"
TEXTS = [
    "plain",
    "",
    " ",
    "ünïcödé 🎈",
    "{{ 7*7 }}",
    "{% for x in y %}",
    "$(touch hacked)",
    "`id`",
    "'; import os; os.system('touch hacked'); '",
    '"""',
    "\\",
    "\\N{BULLET}",
    "%s %(x)s {0}",
    "../../etc/passwd",
    "/etc/passwd",
    "a\nb",
    "a\r\nb",
    "\t",
    "#",
    ": ",
    "- x",
    "&a *a",
    "!!str x",
    "${{ github.token }}",
    "$(MAKE)",
    "$$",
    "<script>",
    "]]>",
    "\u2028",
    "\u202e",
    "\ufeff",
    "null",
    "true",
    "~",
    "1e3",
    "0x10",
    "a" * 1024,
    "a" * 1025,
    "é" * 1024,
    "x\u0000y",
    "x\u0007y",
    "x\u007fy",
]
WRONG: list[Any] = [
    None,
    True,
    False,
    0,
    -1,
    1.5,
    10**30,
    float("nan"),
    float("inf"),
    "",
    "x",
    "1",
    [],
    ["x"],
    [[]],
    {},
    {"a": 1},
    [None],
    "[",
    "{",
    "yes",
    "2026-11-25",
    "1_000",
]
FILES = [
    b"",
    b"\x00",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"- a\n- b\n",
    b"a: [",
    b"{",
    b"{}",
    b"[]",
    b"null",
    b"username: &a alice\nname: *a\n",
    b"a: &a [x]\nb: &b [*a, *a]\n",
    b"? {a: b}\n: c\n",
    b"username: !!python/object/apply:os.system ['touch hacked']\n",
    b"username: !include /etc/passwd\n",
    b"<<: {username: alice}\nname: abc\n",
    b"%YAML 1.3\n---\nname: x\n",
    b"---\nname: a\n---\nname: b\n",
    b"\tname: x",
    b"name: x\nname: y\n",
    b'{"name": "x", "name": "y"}',
    b'{"name": "\\ud800"}',
    b"[" * 5000,
    b'{"a":' * 3000,
    b"a" * 300_000,
    b"username: alice\rname: abc\r",
    b"1: 2\n",
]


@cache
def plain(workload: str) -> dict[str, Any]:
    """What a template may use when only the workload was answered."""
    return QUESTIONNAIRE.resolve({**REQUIRED, "workload": workload}).context


def right(rng: random.Random) -> dict[str, Any]:
    """Answers that work: random ones without those that others forbid."""
    share = rng.choice([0.1, 0.3, 0.6])
    workload = rng.choice(["image", "llm"])
    answers = {
        question.key: allowed(rng, question, plain(workload))
        for question in QUESTIONNAIRE.questions
        if question.asked and rng.random() < share
    } | {
        "username": rng.choice(["abc", "Alice_99", "_" * 3, "1" * 15, "a-b", "-" * 3]),
        "name": rng.choice(["abc", "a-b-c", "x" * 48, "my-chute", "class", "a--1"]),
        "workload": workload,
    }
    if answers.get("model", "").startswith("owner/"):
        answers["revision"] = A_COMMIT
    while problems := QUESTIONNAIRE.resolve(answers).problems:
        # A default can be wrong beside an answer, as when the GPU is too small for the model.
        named = {problem.key for problem in problems} & set(answers) - set(REQUIRED)
        forbidden = named or set(answers) - set(REQUIRED) - {"workload"}
        answers = {key: value for key, value in answers.items() if key not in forbidden}
    return answers


@cache
def some_right(number: int) -> dict[str, Any]:
    """One of a hundred to start from."""
    return right(random.Random(number))


def allowed(rng: random.Random, question: Question, context: dict[str, Any]) -> Any:
    """A value that the question takes by itself; beside others it may be wrong."""
    if choices := [choice.value for choice in QUESTIONNAIRE.choices(question, context)]:
        return (
            rng.sample(choices, rng.randint(0, 3)) if question.multiselect else rng.choice(choices)
        )
    if question.key == "model":
        known = [entry["id"] for entry in context["catalog"][context["workload"]]]
        return rng.choice([*known, "owner/some.model_1"])
    if question.key == "tagline":
        return rng.choice(TEXTS)
    limit = QUESTIONNAIRE.limits.get(question.key, {})
    if limit.get("type") == "boolean":
        return rng.random() < 0.5
    if limit.get("type") == "integer":
        low, high = limit["minimum"], limit["maximum"]
        return rng.choice([low, high, rng.randint(low, high), min(low + 1, high)])
    if question.key == "scaling_threshold":
        return rng.choice([0.01, 0.5, 1, 0.3333333333333333])
    if question.key == "max_hourly_price_per_gpu":
        return rng.choice([None, 1.8, 2, 9.99])
    return QUESTIONNAIRE.default(question, {**context, "_copier_conf": {"data": {}}})


def wrong(rng: random.Random) -> dict[str, Any]:
    """Answers of which some do not work, by value, by type or by name."""
    keys = [*QUESTIONNAIRE.keys, "nmae", "layer", "version", "image_tag", "", "é", "a b"]
    while True:
        answers = dict(some_right(rng.randrange(100)))
        for key in rng.sample(keys, rng.randint(1, 4)):
            answers[key] = rng.choice(WRONG) if rng.random() < 0.7 else rng.choice(TEXTS)
        for key in rng.sample(list(answers), rng.randint(0, 1)):
            del answers[key]
        if QUESTIONNAIRE.resolve(answers).problems:
            return answers


def content(rng: random.Random) -> tuple[str, bytes]:
    """What kind of answers file, and its bytes."""
    kind = rng.choices(["right", "wrong", "file"], [6, 86, 8])[0]
    if kind == "file":
        text = rng.choice(FILES)
        if rng.random() < 0.5:
            damaged = bytearray(yaml.safe_dump(some_right(rng.randrange(100))).encode())
            for _ in range(rng.randint(1, 5)):
                damaged[rng.randrange(len(damaged))] = rng.randrange(256)
            text = bytes(damaged)
        return kind, text
    answers = right(rng) if kind == "right" else wrong(rng)
    as_json = rng.random() < 0.5
    written = json.dumps(answers) if as_json else yaml.safe_dump(answers, allow_unicode=True)
    return kind, written.encode()


def create(folder: Path, answers: bytes) -> tuple[int, dict[str, Any], str]:
    """One run: its exit code, its JSON document, and all that it said."""
    (folder / "answers").write_bytes(answers)
    out, talk = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(talk):
        code = run(["create", "out", "--answers=answers", "--json", "--no-git", "--no-verify"])
    return code, json.loads(out.getvalue()), out.getvalue() + talk.getvalue()


@pytest.mark.parametrize("number", range(ROUNDS))
def test_any_answers(
    number: int, tmp_path: Path, load: Loader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scaffold.runtime.interrupts.install", lambda: None)
    monkeypatch.setattr("scaffold.creation.session.Questionnaire", lambda: QUESTIONNAIRE)
    monkeypatch.setattr("typer.main.get_command", cache(typer.main.get_command))
    monkeypatch.chdir(tmp_path)
    rng = random.Random(number)
    ended: Counter[tuple[str, int]] = Counter()
    for _ in range(SETS // ROUNDS):
        kind, answers = content(rng)
        code, document, said = create(tmp_path, answers)
        ended[kind, code] += 1
        assert code in (0, 2), (answers, said)
        assert "Traceback" not in said
        assert "defect" not in said
        expected = {"answers", "out"} if code == 0 else {"answers"}
        assert {path.name for path in tmp_path.iterdir()} == expected, answers
        if code == 0:
            assert_as_answered(tmp_path / "out", document, load, QUESTIONNAIRE)
            shutil.rmtree(tmp_path / "out")
        else:
            assert document["error"]["code"] == 2
            assert document["error"]["problems"] or document["error"]["message"], answers
    assert ended["right", 2] == 0, ended
    assert ended["right", 0] >= SETS // ROUNDS // 50, ended
    assert ended["wrong", 0] == 0, ended
    assert ended["wrong", 2] >= SETS // ROUNDS // 2, ended


@pytest.mark.parametrize("answers", pairwise(), ids=range(len(pairwise())))
def test_every_two_choices_go_together(
    answers: dict[str, Any], tmp_path: Path, load: Loader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What random answers meet only by chance."""
    monkeypatch.setattr("scaffold.runtime.interrupts.install", lambda: None)
    monkeypatch.chdir(tmp_path)
    code, document, said = create(tmp_path, json.dumps(answers).encode())
    assert code == 0, said
    assert_as_answered(tmp_path / "out", document, load, QUESTIONNAIRE)


def test_what_is_required_is_enough() -> None:
    assert QUESTIONNAIRE.resolve(REQUIRED).problems == []
