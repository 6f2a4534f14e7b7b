"""One question in plain lines: what is typed, and what comes of it."""

import io
import sys

import pytest

from scaffold.answers.questions import Choice
from scaffold.wizard.console import CHANGE, CREATE, MENU, STEP_BACK, Frame
from scaffold.wizard.plain import Plain

GPUS = (Choice("H100, 80 GB", "h100"), Choice("A6000, 48 GB", "a6000", "too small"))


@pytest.fixture
def said() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def plain(said: io.StringIO) -> Plain:
    """Lines on a stream that a test reads."""
    return Plain(said)


def typed(monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    """What stands on standard input."""
    text = "".join(f"{line}\n" for line in lines)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode()), "utf-8"))


@pytest.mark.parametrize("word", ["none", "NONE"])
def test_none_is_none_of_several(plain: Plain, monkeypatch: pytest.MonkeyPatch, word: str) -> None:
    typed(monkeypatch, word)
    assert plain.some(Frame("include"), GPUS, ["h100"], lambda value: "") == []


def test_enter_alone_keeps_what_is_chosen(plain: Plain, monkeypatch: pytest.MonkeyPatch) -> None:
    typed(monkeypatch, "")
    assert plain.some(Frame("include"), GPUS, ["h100"], lambda value: "") == ["h100"]


def test_what_cannot_be_chosen_says_why(
    plain: Plain, said: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed(monkeypatch, "1, 2", "1")
    assert plain.some(Frame("include"), GPUS, [], lambda value: "") == ["h100"]
    assert "(not possible: too small)" in said.getvalue()
    assert "Not taken: too small." in said.getvalue()


def test_the_review_takes_the_words_it_names(
    plain: Plain, said: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of the menu but what lines have another way for: a number, and a step back."""
    words = {wish.value for wish in MENU} - {CHANGE, STEP_BACK}
    assert CREATE in words
    for word in words:
        typed(monkeypatch, word)
        assert plain.review(Frame("review"), {"cache": "lru"}, lambda value: "") == word
    typed(monkeypatch, CHANGE, "1")
    assert plain.review(Frame("review"), {"cache": "lru"}, lambda value: "") == "cache"
    assert "Not taken: " in said.getvalue()
