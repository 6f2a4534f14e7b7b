"""Tokens as phrases and words, windows heard together, and what the answer says of them."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any

import numpy
import pytest
from chutekit.models.worker import Worker
from chutekit.serving.contract import Job, RequestModel
from chutekit.serving.errors import Refusal
from chutekit.serving.exchange import Exchange
from chutekit.serving.instance import Instance
from chutekit.speech import said, tokens
from chutekit.speech.rounds import Rounds
from chutekit.speech.said import Heard, Segment, Wish, Word

END, TIMES = 1000, 2000


def at(seconds: float) -> int:
    """The token of a time."""
    return TIMES + round(seconds / tokens.PRECISION)


def told(*ids: int, seconds: float = 30.0) -> list[tuple[float, float, list[int]]]:
    found = tokens.phrases(ids, END, TIMES, seconds)
    return [(round(each.start, 3), round(each.end, 3), each.tokens) for each in found]


@pytest.mark.parametrize(
    ("ids", "phrases"),
    [
        ((1001, at(0), 5, 6, at(2), at(2.5), 7, at(4), END), [(0, 2, [5, 6]), (2.5, 4, [7])]),
        ((at(1), 5, 6), [(1, 30, [5, 6])]),
        ((5, at(2)), [(0, 2, [5])]),
        ((at(3), at(4), END), []),
        ((at(9), 5, at(2)), [(9, 9, [5])]),
        ((END, END), []),
    ],
    ids=["two", "no end", "no beginning", "nothing said", "backwards", "nothing"],
)
def test_phrases_lie_between_times(ids: tuple[int, ...], phrases: list[Any]) -> None:
    assert told(*ids) == phrases


def test_without_times_all_is_one_phrase() -> None:
    (phrase,) = tokens.phrases([at(1), 5, at(2), 6], END, None, 7.0)
    assert (phrase.start, phrase.end, phrase.tokens) == (0, 7, [5, 6])


def heard(language: str, *pieces: str) -> list[tuple[str, float, float]]:
    """Words of pieces that take a second each."""

    def decode(ids: Sequence[int]) -> str:
        return b"".join(pieces[i].encode("latin-1") for i in ids).decode("utf-8", "replace")

    numbers = range(len(pieces))
    times = [float(number) for number in (*numbers, len(pieces))]
    found = tokens.words(numbers, times, decode, language)
    return [(word.text, word.start, word.end) for word in found]


def test_words_take_their_punctuation_along() -> None:
    assert heard("en", ' "', "Hel", "lo", ",", " world", "!") == [
        ('"Hello,', 0, 4),
        ("world!", 4, 6),
    ]


def test_a_character_of_several_tokens_is_not_torn() -> None:
    assert heard("de", " sch", "\xc3", "\xb6", "n") == [("schön", 0, 4)]
    assert heard("de", " a", "\xc3") == [("a", 0, 1)]


def test_where_no_spaces_are_written_each_character_counts() -> None:
    today = [part.encode().decode("latin-1") for part in ("今", "日", "。")]
    assert heard("ja", *today) == [("今", 0, 1), ("日。", 1, 3)]


def test_an_answer_stays_within_the_recording() -> None:
    segment = Segment(" Hello", 1.0, 9.0, [Word("Hello", -0.1, 9.0)])
    answer = said.transcript([segment, Segment(" you.", 9.0, 9.0)], "en", 4.0, "word")
    assert (answer.text, answer.seconds) == ("Hello you.", 4.0)
    assert [(each.start, each.end) for each in answer.segments] == [(1, 4), (4, 4)]
    words = answer.segments[0].words
    assert words is not None
    assert [(each.word, each.start, each.end) for each in words] == [("Hello", 0, 4)]
    assert said.transcript([segment], "en", 4.0, "none").segments == []


class Ears:
    """A model that says how many samples it got, and remembers with what they came."""

    languages = frozenset({"en"})

    def __init__(self) -> None:
        self.rounds: list[list[int]] = []
        self.going = threading.Event()
        self.fails: list[Exception] = []

    def hear(
        self, windows: Sequence[Any], wishes: Sequence[Wish], on_step: Callable[[], None]
    ) -> list[Heard]:
        assert self.going.wait(10)
        on_step()
        self.rounds.append([len(window) for window in windows])
        if self.fails:
            raise self.fails.pop()
        return [Heard("en", [Segment(str(len(window)), 0, 1)]) for window in windows]


class Hall:
    """Ears behind a worker, and requests."""

    def __init__(self, most: int) -> None:
        self.ears = Ears()
        self.worker = Worker(Instance(8, 60.0), 60.0)
        self.rounds = Rounds(self.ears, self.worker, most)
        self.asked: list[tuple[Job[Any], Future[Heard]]] = []

    def job(self) -> Job[Any]:
        return Job(RequestModel(), Exchange("test"))

    def ask(self, job: Job[Any], size: int, timestamps: said.Timestamps = "none") -> None:
        wish = Wish("en", "transcribe", timestamps)
        samples = numpy.zeros(size, numpy.float32)
        self.asked.append((job, self.rounds.submit(job, samples, wish)))

    def heard(self) -> list[str]:
        """What each was told, or the code of its refusal."""
        self.ears.going.set()
        found = []
        for job, future in self.asked:
            try:
                found.append(self.worker.result(job, future).segments[0].text)
            except Refusal as refusal:
                found.append(refusal.code)
        return found


def test_what_waits_is_heard_together_and_each_gets_its_own() -> None:
    hall = Hall(most=4)
    jobs = [hall.job() for _ in range(5)]
    for number, job in enumerate(jobs):
        hall.ask(job, number + 1)
    assert hall.heard() == ["1", "2", "3", "4", "5"]
    assert sum(len(each) for each in hall.ears.rounds) == 5
    assert max(len(each) for each in hall.ears.rounds) == 4
    assert hall.rounds._waiting == []


def test_a_long_recording_does_not_keep_a_short_one_waiting() -> None:
    hall = Hall(most=3)
    long, short = hall.job(), hall.job()
    for number in range(1, 7):
        hall.ask(long, number)
    hall.ask(short, 100)
    hall.heard()
    first = next(place for place, each in enumerate(hall.ears.rounds) if 100 in each)
    assert first <= 1, hall.ears.rounds


def test_only_what_is_alike_is_heard_together() -> None:
    hall = Hall(most=4)
    for number in range(4):
        hall.ask(hall.job(), number + 1, "word" if number % 2 else "none")
    hall.heard()
    assert all(len({size % 2 for size in each}) == 1 for each in hall.ears.rounds)


def test_who_left_does_not_end_what_others_wait_for() -> None:
    hall = Hall(most=2)
    gone, waits = hall.job(), hall.job()
    hall.ask(gone, 1)
    hall.ask(waits, 2)
    gone.cancelled = True
    assert hall.heard()[1] == "2"


def test_when_all_have_left_nothing_is_heard() -> None:
    hall = Hall(most=2)
    for _ in range(2):
        job = hall.job()
        hall.ask(job, 1)
        job.cancelled = True
    assert hall.heard() == ["client_left"] * 2
    assert hall.ears.rounds == []


def test_a_round_that_failed_is_the_leader_s_loss_alone() -> None:
    hall = Hall(most=4)
    for number in range(3):
        hall.ask(hall.job(), number + 1)
    hall.ears.fails.append(Refusal(400, "broken", ""))
    assert sorted(hall.heard()) == ["2", "3", "broken"]
