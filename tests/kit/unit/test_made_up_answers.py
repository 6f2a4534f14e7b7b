"""Where no model is, its methods are answered for from their types, or start-up says why not."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Literal

import pytest
from chutekit.models import workshop
from chutekit.models.worker import OnStep
from chutekit.models.workshop import Folders, Workshop
from chutekit.serving import backend
from chutekit.serving.contract import RequestModel
from chutekit.serving.lifecycle import StartupError
from chutekit.testing.standins.model import made_up
from pydantic import BaseModel, Field

from support.workshops import Ask, Model, Said, job, opened, roomy


class Colour(StrEnum):
    """One of these."""

    RED = "red"


class Part(BaseModel):
    """A part of an answer."""

    at: tuple[int, int]
    colour: Colour


class Rich(BaseModel):
    """Every kind of field that answers have."""

    text: str = Field(min_length=30, max_length=40)
    share: float = Field(gt=0, lt=1)
    count: int = Field(ge=7, multiple_of=5)
    little: int = Field(le=-3)
    kind: Literal["a", "b"]
    parts: list[Part] = Field(min_length=3)
    maybe: str | None
    known: str = Field(pattern="^x+$", examples=["xx"])
    fixed: int = 4
    sure: bool


def test_an_answer_is_made_up_within_its_bounds() -> None:
    made = made_up(Rich)
    assert isinstance(made, Rich)
    assert made.count == 10
    assert len(made.parts) == 3
    assert (made.known, made.fixed, made.parts[0].colour) == ("xx", 4, Colour.RED)


def test_an_answer_that_cannot_be_made_up_names_its_field() -> None:
    class Odd(BaseModel):
        code: str = Field(pattern="^[0-9]{8}$")

    with pytest.raises(StartupError, match=r"Odd\.code: give the field examples"):
        made_up(Odd)


@pytest.fixture
def stubbed(monkeypatch: pytest.MonkeyPatch) -> Workshop:
    """A workshop as a laptop has it; the model cannot even be made."""
    monkeypatch.setattr(backend, "stub_requested", lambda: True)

    class Absent(Model):
        def __init__(self, folders: Folders) -> None:
            raise ImportError("torch")

    return opened(roomy(monkeypatch), Model.say, Model.tell, Model.draw, model=Absent)


def test_a_method_without_a_line_is_answered_for(stubbed: Workshop) -> None:
    assert stubbed.backend == "stub"
    said = Said.model_validate_json(stubbed.answer(job(), Model.say).body)
    assert said.text == "made-up text"
    assert stubbed.answer(job(), Model.draw, "image/png").body.startswith(b"\x89PNG")
    assert stubbed.answer(job(), Model.draw, "audio/wav").body.startswith(b"RIFF")
    assert stubbed.answer(job(), Model.draw, "application/pdf").body.startswith(b"%PDF")


def test_events_are_made_up_too(stubbed: Workshop) -> None:
    class Teller:
        def tell(self, request: Ask, on_step: OnStep) -> Iterator[Said]: ...

    found = list(stubbed.events(job(), Teller.tell))
    assert len(found) == 3
    assert all(event.startswith(b'data: {"text":"made-up text"') for event in found)


def test_what_a_method_does_not_say_cannot_be_made_up(stubbed: Workshop) -> None:
    class Silent:
        def say(self, request: Ask, on_step: OnStep): ...  # type: ignore[no-untyped-def]

    with pytest.raises(StartupError, match=r"Silent\.say must say what it returns"):
        stubbed.answer(job(), Silent.say)


def test_a_request_without_an_example_is_told_at_start_up() -> None:
    class Bare(RequestModel):
        text: str

    class Owner:
        def say(self, request: Bare, on_step: OnStep) -> Said: ...

    Owner.say.__annotations__["request"] = Bare
    with pytest.raises(StartupError, match="Bare needs an example"):
        workshop.example(Owner.say)
