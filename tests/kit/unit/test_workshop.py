"""A model of one's own: its start-up, its answers, and those that are kept."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chutekit import WrongUse
from chutekit.caches.lru import Cache
from chutekit.models import gpu, loading
from chutekit.models.gpu import Fault
from chutekit.models.loading import Source
from chutekit.models.worker import OnStep
from chutekit.models.workshop import Folders, never_cached, without_gpu
from chutekit.serving.errors import Refusal
from chutekit.serving.instance import Instance
from chutekit.serving.lifecycle import StartupError
from chutekit.serving.recall import Recall

from support.workshops import Ask, Model, Said, job, opened, roomy

COMMIT, HASH = "0" * 40, "a" * 64


@pytest.fixture
def instance(monkeypatch: pytest.MonkeyPatch) -> Instance:
    """One that has room for four, and would not end this process."""
    return roomy(monkeypatch)


@pytest.fixture
def fetched(monkeypatch: pytest.MonkeyPatch) -> list[Source]:
    """What would have been fetched from the hub."""
    asked: list[Source] = []

    async def folders(sources: list[Source]) -> list[Path]:
        asked.extend(sources)
        return [Path("/models", source.model) for source in sources]

    monkeypatch.setattr(loading, "folders", folders)
    return asked


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
