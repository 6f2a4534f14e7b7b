"""A model of one's own: its start-up, its answers, and what stands in for it."""

import asyncio
import json
import threading
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal

import pytest
from chutekit import WrongUse
from chutekit.caches.lru import Cache
from chutekit.models import gpu, loading, workshop
from chutekit.models.gpu import Fault
from chutekit.models.loading import Source
from chutekit.models.worker import OnStep
from chutekit.models.workshop import Folders, Workshop, never_cached, without_gpu
from chutekit.serving import backend
from chutekit.serving.contract import Job, RequestModel
from chutekit.serving.errors import Refusal, invalid
from chutekit.serving.exchange import Exchange
from chutekit.serving.instance import Instance
from chutekit.serving.lifecycle import StartupError
from chutekit.serving.recall import Recall
from chutekit.testing.standins.model import made_up
from pydantic import BaseModel, ConfigDict, Field

COMMIT, HASH = "0" * 40, "a" * 64


class Ask(RequestModel):
    """A text."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"text": "an example"}]})

    text: str = Field(max_length=100, description="The text.")


class Said(BaseModel):
    """What comes of it."""

    text: str
    score: float = 0.0


class Model:
    """Says what it was asked."""

    def __init__(self, folders: Folders) -> None:
        self.folders = folders
        self.heard: list[str] = []

    def say(self, request: Ask, on_step: OnStep) -> Said:
        """As JSON."""
        on_step()
        self.heard.append(request.text)
        return Said(text=request.text, score=float("nan"))

    def draw(self, request: Ask, on_step: OnStep) -> bytes:
        """As bytes."""
        return request.text.encode()

    def tell(self, request: Ask, on_step: OnStep) -> Iterator[Said | str]:
        """As events."""
        yield Said(text=request.text)
        yield "over"

    def fail(self, request: Ask, on_step: OnStep) -> Said:
        """Not at all."""
        raise invalid("text", "is wrong")

    @without_gpu
    def give_up(self, request: Ask, on_step: OnStep) -> Said:
        """Not at all, and without a turn."""
        raise invalid("text", "is wrong")

    @without_gpu
    def spell(self, request: Ask, on_step: OnStep) -> Said:
        """As JSON, with the name of the thread that did it."""
        return Said(text=threading.current_thread().name)

    def mumble(self, request: Ask, on_step: OnStep) -> dict[str, str]:
        """As what cannot be sent."""
        return {"text": request.text}

    def stay(self, request: Ask, on_step: OnStep) -> Iterator[Said]:
        """As events without an end."""
        while True:
            on_step()
            yield Said(text=request.text)


@pytest.fixture
def instance(monkeypatch: pytest.MonkeyPatch) -> Instance:
    """One that has room for four, and would not end this process."""
    instance = Instance(concurrency=4, request_seconds=30)
    monkeypatch.setattr(instance, "end", lambda status: None)
    instance.ready()
    return instance


@pytest.fixture
def fetched(monkeypatch: pytest.MonkeyPatch) -> list[Source]:
    """What would have been fetched from the hub."""
    asked: list[Source] = []

    async def folders(sources: list[Source]) -> list[Path]:
        asked.extend(sources)
        return [Path("/models", source.model) for source in sources]

    monkeypatch.setattr(loading, "folders", folders)
    return asked


def opened(instance: Instance, *warm_up: Any, model: type = Model, **options: Any) -> Workshop:
    """A workshop with the model loaded."""
    return asyncio.run(Workshop.open(instance, model, warm_up=warm_up, **options))


def job(text: str = "hello") -> Job[Any]:
    """A request that somebody waits for."""
    return Job(Ask(text=text), Exchange("one"))


def test_the_model_gets_the_folder_of_each_of_its_repositories(
    instance: Instance, fetched: list[Source]
) -> None:
    made: list[Model] = []

    class Kept(Model):
        def __init__(self, folders: Folders) -> None:
            super().__init__(folders)
            made.append(self)

    opened(
        instance,
        Kept.say,
        model=Kept,
        models=[f"a/one@{COMMIT}", f"b/two@{COMMIT}"],
        listed=f"\n{HASH} 5 a/one/x.safetensors\n{HASH} 6 b/two/sub/y.safetensors\n",
    )
    assert made[0].folders == {"a/one": Path("/models/a/one"), "b/two": Path("/models/b/two")}
    assert [(source.model, source.revision, source.listed) for source in fetched] == [
        ("a/one", COMMIT, f"{HASH} 5 x.safetensors"),
        ("b/two", COMMIT, f"{HASH} 6 sub/y.safetensors"),
    ]
    assert made[0].heard == ["an example"]


def test_who_has_no_pytorch_is_told_that_nobody_looks_at_the_gpu(
    instance: Instance, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(gpu, "installed", lambda: False)
    assert opened(instance).hardware == "not looked at: PyTorch is not installed"
    said = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [each["event"] for each in said if each["level"] == "warning"] == ["hardware_unchecked"]


def test_a_model_of_pydantic_is_sent_as_json(instance: Instance, fetched: list[Source]) -> None:
    asked = job()
    answer = opened(instance, Model.say).answer(asked, Model.say)
    assert answer.media_type == "application/json"
    assert json.loads(answer.body) == {"text": "hello", "score": None}
    assert asked.exchange.fields["turn_seconds"] >= 0


def test_bytes_are_sent_as_what_they_are_called(instance: Instance, fetched: list[Source]) -> None:
    answer = opened(instance).answer(job(), Model.draw, "audio/wav")
    assert (answer.body, answer.media_type) == (b"hello", "audio/wav")


def test_what_is_yielded_is_sent_as_events(instance: Instance, fetched: list[Source]) -> None:
    found = list(opened(instance, Model.tell).events(job(), Model.tell))
    assert found == [b'data: {"text":"hello","score":0.0}\n\n', b"data: over\n\n"]


def test_events_that_are_bytes_already_are_sent_as_they_are(
    instance: Instance, fetched: list[Source]
) -> None:
    """So a model that made its own events can go on making them."""

    class Own(Model):
        def tell(self, request: Ask, on_step: OnStep) -> Iterator[bytes]:  # type: ignore[override]
            yield b"event: word\ndata: hello\n\n"
            yield b"data: [DONE]\n\n"

    found = list(opened(instance, Own.tell, model=Own).events(job(), Own.tell))
    assert found == [b"event: word\ndata: hello\n\n", b"data: [DONE]\n\n"]


def test_a_get_is_told_without_a_turn(instance: Instance, fetched: list[Source]) -> None:
    """Even while the only turn is taken."""
    taken, go_on = threading.Event(), threading.Event()

    class Busy(Model):
        def say(self, request: Ask, on_step: OnStep) -> Said:
            if request.text == "hello":
                taken.set()
                go_on.wait(10)
            return super().say(request, on_step)

        def about(self, request: None, on_step: OnStep) -> Said:
            return Said(text="about")

    here = opened(instance, model=Busy)
    waiting = threading.Thread(target=here.answer, args=(job(), Busy.say))
    waiting.start()
    try:
        assert taken.wait(10)
        answer = here.tell(Busy.about)
    finally:
        go_on.set()
        waiting.join()
    assert json.loads(answer.body) == {"text": "about", "score": 0.0}
    assert answer.media_type == "application/json"


@pytest.mark.parametrize("method", [Model.fail, Model.give_up])
def test_a_refusal_of_the_owners_reaches_the_client(
    instance: Instance, fetched: list[Source], method: Any
) -> None:
    with pytest.raises(Refusal) as refused:
        opened(instance).answer(job(), method)
    assert [each.field for each in refused.value.fields] == ["text"]


def test_what_cannot_be_sent_is_a_defect_that_start_up_finds(
    instance: Instance, fetched: list[Source]
) -> None:
    with pytest.raises(StartupError, match=r"Model\.mumble returned dict: it must be a pydantic"):
        opened(instance, Model.mumble)
    with pytest.raises(TypeError, match=r"Model\.say returned Said for audio/wav"):
        opened(instance).answer(job(), Model.say, "audio/wav")


def test_a_method_that_cannot_be_called_is_a_mistake(instance: Instance) -> None:
    class Short:
        def say(self, request: Ask) -> Said: ...

    with pytest.raises(WrongUse, match=r"say must be callable as say\(self, request, on_step\)"):
        opened(instance, Short.say, model=Short)


def test_one_at_a_time_uses_the_gpu_while_others_need_none(
    instance: Instance, fetched: list[Source]
) -> None:
    """What needs no turn answers while the only turn is taken, and would wait for ever else."""
    taken, go_on = threading.Event(), threading.Event()

    class Slow(Model):
        def say(self, request: Ask, on_step: OnStep) -> Said:
            taken.set()
            go_on.wait(10)
            return super().say(request, on_step)

    here = opened(instance, model=Slow)
    waiting = threading.Thread(target=here.answer, args=(job(), Slow.say))
    waiting.start()
    taken.wait(10)
    try:
        assert b"aside" in here.answer(job(), Slow.spell).body
    finally:
        go_on.set()
        waiting.join()


def test_start_up_tries_it_beside_the_turns_too(instance: Instance, fetched: list[Source]) -> None:
    """A GPU that is busy holds up neither."""
    asked: list[str] = []

    class Noted(Model):
        @without_gpu
        def spell(self, request: Ask, on_step: OnStep) -> Said:
            asked.append(threading.current_thread().name)
            return super().spell(request, on_step)

        def say(self, request: Ask, on_step: OnStep) -> Said:
            asked.append(threading.current_thread().name)
            return super().say(request, on_step)

    opened(instance, Noted.say, Noted.spell, model=Noted)
    turn, aside = asked
    assert turn.startswith("turn")
    assert aside.startswith("aside")


class Counting(Model):
    """Says how often it was asked."""

    asked = 0

    def say(self, request: Ask, on_step: OnStep) -> Said:
        """As JSON."""
        return Said(text=self._count())

    def draw(self, request: Ask, on_step: OnStep) -> bytes:
        """As bytes."""
        return self._count().encode()

    @never_cached
    def roll(self, request: Ask, on_step: OnStep) -> bytes:
        """Another time, another answer."""
        return self._count().encode()

    def tell(self, request: Ask, on_step: OnStep) -> Iterator[Said | str]:
        """As events."""
        yield self._count()

    def _count(self) -> str:
        self.asked += 1
        return str(self.asked)


def test_what_a_method_answered_is_answered_again_without_it(
    instance: Instance, fetched: list[Source]
) -> None:
    here = opened(instance, Counting.say, model=Counting, recall=Recall(Cache()))
    first = here.answer(job(), Counting.say).body
    # Warming up looks nothing up, or it would not warm up.
    assert json.loads(first)["text"] == "2"
    assert here.answer(job(), Counting.say).body == first
    assert here.answer(job("good morning"), Counting.say).body != first
    drawn = here.answer(job(), Counting.draw, "image/png")
    assert (drawn.body, drawn.media_type) == (b"4", "image/png")
    assert here.answer(job(), Counting.draw, "image/png").body == b"4"
    assert here.answer(job(), Counting.draw, "image/webp").body == b"5"


def test_what_is_marked_or_yields_or_has_no_cache_is_made_each_time(
    instance: Instance, fetched: list[Source]
) -> None:
    here = opened(instance, model=Counting, recall=Recall(Cache()))
    assert [here.answer(job(), Counting.roll, "text/plain").body for _ in range(2)] == [b"1", b"2"]
    assert [list(here.events(job(), Counting.tell)) for _ in range(2)] == [
        [b"data: 3\n\n"],
        [b"data: 4\n\n"],
    ]
    without = opened(instance, model=Counting)
    assert [without.answer(job(), Counting.draw, "image/png").body for _ in range(2)] == [
        b"1",
        b"2",
    ]


def test_what_a_method_must_not_return_is_not_kept(
    instance: Instance, fetched: list[Source]
) -> None:
    cache = Cache()
    here = opened(instance, recall=Recall(cache))
    for _ in range(2):
        with pytest.raises(TypeError):
            here.answer(job(), Model.mumble)
        with pytest.raises(Refusal):
            here.answer(job(), Model.fail)
    assert cache.bytes == 0


def test_events_are_not_begun_anew_when_memory_runs_out_behind_the_first(
    instance: Instance, fetched: list[Source], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Shortage(Exception):
        pass

    class Short(Model):
        begun = 0

        def tell(self, request: Ask, on_step: OnStep) -> Iterator[Said | str]:
            Short.begun += 1
            yield "one"
            raise Shortage

    monkeypatch.setattr(gpu, "fault", lambda error: Fault.OUT_OF_MEMORY)
    events = opened(instance, model=Short).events(job(), Short.tell)
    assert next(events) == b"data: one\n\n"
    with pytest.raises(Refusal) as refused:
        next(events)
    assert refused.value.code == "too_large"
    assert Short.begun == 1


def test_a_listener_who_leaves_ends_the_turn(instance: Instance, fetched: list[Source]) -> None:
    here = opened(instance)
    events = here.events(job(), Model.stay)
    assert next(events)
    events.close()
    # The only turn is free again.
    assert json.loads(here.answer(job(), Model.say).body)["text"] == "hello"


def test_a_listener_who_does_not_read_ends_the_turn_too(
    instance: Instance, fetched: list[Source]
) -> None:
    here = opened(instance)
    asked = job()
    next(here.events(asked, Model.stay))
    asked.cancelled = True
    assert json.loads(here.answer(job(), Model.say).body)["text"] == "hello"


# --- without a model ------------------------------------------------------------------------------


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
def stubbed(instance: Instance, monkeypatch: pytest.MonkeyPatch) -> Workshop:
    """A workshop as a laptop has it; the model cannot even be made."""
    monkeypatch.setattr(backend, "stub_requested", lambda: True)

    class Absent(Model):
        def __init__(self, folders: Folders) -> None:
            raise ImportError("torch")

    return opened(instance, Model.say, Model.tell, Model.draw, model=Absent)


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
