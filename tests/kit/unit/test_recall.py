"""Answers that were made once: under what they are kept, when they are made, who waits for whom."""

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from chutekit.caches.lru import Cache
from chutekit.caches.recall import recall
from chutekit.serving.contract import Job, RequestModel
from chutekit.serving.errors import Refusal, invalid
from chutekit.serving.exchange import Exchange
from chutekit.serving.recall import LOOKUPS, Recall, remembered, whole
from pydantic import Field, SecretStr


class Ask(RequestModel):
    """A text."""

    text: str = ""


class Draw(Ask):
    """What leaves something to chance."""

    seed: int | None = None
    temperature: float = 1.0


class Hidden(Ask):
    """What nobody shall read in a log."""

    key: SecretStr


class Left(Ask):
    """What is not written with the others."""

    more: str = Field("", exclude=True)


class Inside(Ask):
    """What is not written of what is inside."""

    each: dict[str, list[Left]]


class Odd(Ask):
    """What nobody can write down."""

    it: Any = None


def job(request: RequestModel | None = None, **exchange: Any) -> Job[Any]:
    """A request that somebody waits for."""
    return Job(request or Ask(text="hello"), Exchange("one", **exchange))


def looked_up(outcome: str) -> float:
    """How many look-ups came to this so far."""
    return LOOKUPS.labels(outcome)._value.get()


class Counted:
    """Makes answers that differ, and counts them."""

    def __init__(self) -> None:
        self.made = 0

    def __call__(self) -> bytes:
        self.made += 1
        return b"answer %d" % self.made


def test_the_second_request_is_a_hit_in_log_and_metrics() -> None:
    recall, make = Recall(Cache(), "code"), Counted()
    before = looked_up("hit"), looked_up("miss")
    jobs = [job(), job()]
    assert [remembered(recall, each, make, "say") for each in jobs] == [b"answer 1"] * 2
    assert [each.exchange.fields["cache"] for each in jobs] == ["miss", "hit"]
    assert (looked_up("hit"), looked_up("miss")) == (before[0] + 1, before[1] + 1)


def test_without_anything_to_remember_with_nothing_is_noted() -> None:
    make, one = Counted(), job()
    assert [remembered(None, one, make, "say") for _ in range(2)] == [b"answer 1", b"answer 2"]
    assert "cache" not in one.exchange.fields


def test_chute_py_files_of_earlier_versions_call_it_in_their_way() -> None:
    cache, make = Cache(), Counted()
    jobs = [job(), job()]
    assert [recall(cache, each, ["code", "text"], make) for each in jobs] == [b"answer 1"] * 2
    assert [each.exchange.fields["cache"] for each in jobs] == ["miss", "hit"]
    assert recall(cache, job(), ["code", "other text"], make) == b"answer 2"


def test_all_that_determines_an_answer_tells_it_from_others() -> None:
    cache, make = Cache(), Counted()
    for code, endpoint, text in (
        ("code", ("say",), "hello"),
        ("other", ("say",), "hello"),
        ("code", ("tell",), "hello"),
        ("code", ("say", "audio/wav"), "hello"),
        ("code", ("say",), "good morning"),
    ):
        remembered(Recall(cache, code), job(Ask(text=text)), make, *endpoint)
    assert make.made == 5
    assert Recall(cache).key("a", "bc") != Recall(cache).key("ab", "c")
    assert Recall(cache).key({"a": 1, "b": 2}) == Recall(cache).key({"b": 2, "a": 1})


@pytest.mark.parametrize(
    ("request_", "kept"),
    [
        (Ask(text="hello"), True),
        (Draw(), False),
        (Draw(seed=0), True),
        (Draw(temperature=0), True),
        (Draw(temperature=0.5), False),
        (Hidden(key=SecretStr("one")), False),
        (Left(), False),
        (Inside(each={"a": [Left(more="x")]}), False),
        (Inside(each={"a": []}), True),
        (Odd(it=object), False),
    ],
    ids=repr,
)
def test_only_what_leaves_nothing_to_chance_and_hides_nothing_is_remembered(
    request_: RequestModel, kept: bool
) -> None:
    assert (whole(request_) is not None) == kept
    make = Counted()
    recall = Recall(Cache())
    for _ in range(2):
        remembered(recall, job(request_), make)
    assert make.made == (1 if kept else 2)


def test_an_answer_that_failed_is_not_kept() -> None:
    recall, make = Recall(Cache()), Counted()

    def refuse() -> bytes:
        raise invalid("text", "is wrong")

    with pytest.raises(Refusal):
        remembered(recall, job(), refuse)
    assert remembered(recall, job(), make) == remembered(recall, job(), refuse) == b"answer 1"


class Crowd:
    """Several equal requests at the same time, in threads of their own."""

    def __init__(self, make: Callable[[], bytes], *jobs: Job[Any]) -> None:
        self.recall = Recall(Cache())
        self.answers: list[object] = []

        def ask(one: Job[Any]) -> None:
            try:
                self.answers.append(remembered(self.recall, one, make))
            except Refusal as refusal:
                self.answers.append(refusal.code)

        self.threads = [threading.Thread(target=ask, args=(one,)) for one in jobs]

    def __enter__(self) -> "Crowd":
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        for thread in self.threads:
            thread.join(10)


def until(true: Callable[[], bool]) -> None:
    """Wait for it; an error after ten seconds."""
    deadline = time.monotonic() + 10
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_equal_requests_at_the_same_time_are_answered_by_one() -> None:
    go, counted = threading.Event(), Counted()

    def make() -> bytes:
        assert go.wait(10)
        return counted()

    jobs = [job() for _ in range(8)]
    with Crowd(make, *jobs) as crowd:
        until(lambda: any("cache" in one.exchange.fields for one in jobs))
        assert crowd.answers == []
        go.set()
    assert crowd.answers == [b"answer 1"] * 8
    told = sorted(one.exchange.fields["cache"] for one in jobs)
    assert told == ["hit"] * 7 + ["miss"]


def test_where_the_first_of_them_fails_the_next_one_tries() -> None:
    go, tried = threading.Event(), []

    def make() -> bytes:
        tried.append(None)
        assert go.wait(10)
        if len(tried) == 1:
            raise Refusal(400, "client_left", "The client left.")
        return b"an answer"

    with Crowd(make, *(job() for _ in range(4))) as crowd:
        until(lambda: len(tried) == 1)
        go.set()
    assert sorted(crowd.answers, key=str) == [b"an answer"] * 3 + ["client_left"]
    assert len(tried) == 2


@pytest.mark.parametrize("gone", ["time", "client"])
def test_who_has_no_time_to_wait_or_has_left_is_refused_by_what_makes_answers(gone: str) -> None:
    go = threading.Event()
    first, second = job(), job(deadline=0.0 if gone == "time" else float("inf"))
    second.cancelled = gone == "client"
    recall = Recall(Cache())

    def make() -> bytes:
        assert go.wait(10)
        return b"an answer"

    def refuse() -> bytes:
        raise Refusal(400, "refused", "Too late.")

    thread = threading.Thread(target=remembered, args=(recall, first, make))
    thread.start()
    until(lambda: "cache" in first.exchange.fields)
    with pytest.raises(Refusal, match="refused"):
        remembered(recall, second, refuse)
    go.set()
    thread.join(10)
    assert remembered(recall, job(), refuse) == b"an answer"


def test_who_must_not_block_waits_for_an_equal_request_too() -> None:
    recall, counted = Recall(Cache()), Counted()
    exchanges = [Exchange(str(number)) for number in range(8)]

    async def ask() -> list[bytes]:
        go = asyncio.Event()

        async def make() -> bytes:
            await go.wait()
            return counted()

        asked = [asyncio.ensure_future(recall.awaited(one, "key", make)) for one in exchanges]
        while not any("cache" in one.fields for one in exchanges):
            await asyncio.sleep(0)
        go.set()
        return await asyncio.gather(*asked)

    assert asyncio.run(ask()) == [b"answer 1"] * 8
    assert sorted(one.fields["cache"] for one in exchanges) == ["hit"] * 7 + ["miss"]


def test_one_who_leaves_takes_nobody_with_him() -> None:
    """Neither he for whom it is made, nor one of those who wait."""
    recall, counted = Recall(Cache()), Counted()
    exchanges = [Exchange(str(number)) for number in range(4)]

    async def ask() -> list[object]:
        go = asyncio.Event()

        async def make() -> bytes:
            await go.wait()
            return counted()

        asked = [asyncio.ensure_future(recall.awaited(one, "key", make)) for one in exchanges]
        for leaves in (asked[0], asked[1]):
            while not any("cache" in one.fields for one in exchanges):
                await asyncio.sleep(0)
            leaves.cancel()
        go.set()
        return list(await asyncio.gather(*asked, return_exceptions=True))

    first, second, *others = asyncio.run(ask())
    assert isinstance(first, asyncio.CancelledError)
    assert isinstance(second, asyncio.CancelledError)
    assert others == [b"answer 1"] * 2


def test_who_waits_need_not_wait_until_it_is_kept() -> None:
    """Nor does it come to nothing where he for whom it was made leaves meanwhile."""
    kept, counted = threading.Event(), Counted()

    class Slow(Cache):
        def put(self, key: str, value: bytes) -> None:
            assert kept.wait(10)
            super().put(key, value)

    recall = Recall(Slow())

    async def ask() -> bytes:
        async def make() -> bytes:
            return counted()

        first = asyncio.ensure_future(recall.awaited(Exchange("first"), "key", make))
        while not counted.made:
            await asyncio.sleep(0)
        first.cancel()
        found = await recall.awaited(Exchange("second"), "key", make)
        kept.set()
        return found

    assert asyncio.run(ask()) == b"answer 1"


def test_who_must_not_block_has_his_time_and_no_more() -> None:
    recall = Recall(Cache())

    async def ask() -> None:
        stay = asyncio.Event()

        async def make() -> bytes:
            await stay.wait()
            return b"an answer"

        first = Exchange("first")
        asked = asyncio.ensure_future(recall.awaited(first, "key", make))
        while "cache" not in first.fields:
            await asyncio.sleep(0)
        with pytest.raises(TimeoutError):
            await recall.awaited(Exchange("second", deadline=0.0), "key", make)
        stay.set()
        assert await asked == b"an answer"

    asyncio.run(ask())
