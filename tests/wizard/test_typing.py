"""What is typed into the wizard: mistakes are told at once, and nothing else is refused."""

from pathlib import Path

import pytest

from support.conversation import (
    CHANGE,
    CLEAR,
    CREATE,
    ENTER,
    IMAGE,
    LLM,
    Talker,
    defaults,
)


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


def test_a_pasted_text_of_two_lines_becomes_one(talk: Talker) -> None:
    pasted = "\x1b[200~Swift pictures\r\n  for everybody\n\x1b[201~"
    done = talk(
        *IMAGE,
        CHANGE,
        ("change", "tagline" + ENTER),
        ("tagline", CLEAR + pasted + ENTER),
        CREATE,
    )
    assert done.answers == defaults(tagline="Swift pictures for everybody")
