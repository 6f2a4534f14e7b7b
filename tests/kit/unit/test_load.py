"""What a load is made of: lengths, moments, bodies, percentiles, goals; what answers say."""

import asyncio
import json
import math
import random
from collections.abc import AsyncIterator
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import pytest
from chutekit.load.bodies import Unreadable, exactly, from_file, generated
from chutekit.load.document import COLUMNS, Report, late
from chutekit.load.figures import figures, percentile
from chutekit.load.goals import NEAR, Goal, Search, all_reached
from chutekit.load.lengths import Lengths
from chutekit.load.outcome import ANSWERED, LATE, Outcome
from chutekit.load.page import html
from chutekit.load.reading import Reading, read
from chutekit.load.schedule import Stage, due, ramp, steady
from chutekit.ops.aim import address
from chutekit.ops.bill import Bill
from chutekit.ops.command import Problem

SECRET = "xyzzy-private"


def outcome(whole: float, **values: Any) -> Outcome:
    usual = {"first_s": None, "last_s": None, "gap_s": None, "tokens_in": None, "tokens_out": None}
    given = {"stage": 0, "due_s": 0.0, "late_s": 0.0, "ended": ANSWERED, **usual, **values}
    return Outcome(whole_s=whole, **given)


def body_of(text: str) -> dict[str, Any]:
    return {"prompt": text}


@pytest.mark.parametrize(
    ("text", "mean"), [("300", 300), ("100-500", 300), ("300~0.5", 300)], ids=str
)
def test_lengths_have_the_mean_they_say(text: str, mean: float) -> None:
    chance = random.Random(1)
    drawn = [Lengths.read(text).draw(chance) for _ in range(4000)]
    assert math.fsum(drawn) / len(drawn) == pytest.approx(mean, rel=0.03)
    assert (len(set(drawn)) == 1) == (text == "300")


@pytest.mark.parametrize("text", ["", "0", "x", "5-1", "-5", "1~", "1e3", "99999999"])
def test_what_is_no_length_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no length"):
        Lengths.read(text)


def test_even_requests_are_due_at_equal_distances() -> None:
    moments = [one.seconds for one in due(steady(4, 2), even=True, seed=1)]
    assert moments == [0.125, 0.375, 0.625, 0.875, 1.125, 1.375, 1.625, 1.875]


def test_requests_at_random_are_a_poisson_process() -> None:
    moments = [one.seconds for one in due(steady(50, 200), even=False, seed=1)]
    assert len(moments) == pytest.approx(10_000, rel=0.03)
    gaps = [later - one for one, later in pairwise(moments)]
    mean = math.fsum(gaps) / len(gaps)
    variance = math.fsum((gap - mean) ** 2 for gap in gaps) / len(gaps)
    assert math.sqrt(variance) == pytest.approx(mean, rel=0.05)


def test_a_ramp_grows_evenly_and_its_parts_follow_each_other() -> None:
    stages = ramp(10, 50, 100)
    assert [stage.rate for stage in stages] == [14, 22, 30, 38, 46]
    found = list(due(stages, even=True, seed=1))
    assert [one.seconds for one in found] == sorted(one.seconds for one in found)
    assert [sum(one.stage == part for one in found) for part in range(5)] == [
        280,
        440,
        600,
        760,
        920,
    ]
    assert all(20 * one.stage <= one.seconds < 20 * (one.stage + 1) for one in found)


def test_the_same_seed_sends_the_same_and_another_does_not() -> None:
    def sent(seed: int) -> list[bytes]:
        lengths = Lengths.read("5-50")
        return list(islice(generated(body_of, lengths, None, seed), 20))

    assert sent(1) == sent(1)
    assert sent(1) != sent(2)
    assert len(set(sent(1))) == 20


def test_an_answer_of_so_many_tokens_is_asked_for() -> None:
    body = json.loads(next(generated(body_of, Lengths.read("3"), Lengths.read("7"), 1)))
    assert len(body.pop("prompt").split()) == 3
    assert body == exactly(7) == {"max_tokens": 7, "min_tokens": 7, "ignore_eos": True}


def test_a_file_has_texts_and_whole_bodies(tmp_path: Path) -> None:
    file = tmp_path / "prompts"
    file.write_text('a plain text\n\n"a \\"text\\" as JSON"\n{"whole": "body"}\n')
    found = list(islice(from_file(file, body_of, {"stream": True}, 1), 6))
    assert sorted(map(json.loads, found[:3]), key=str) == [
        {"prompt": 'a "text" as JSON', "stream": True},
        {"prompt": "a plain text", "stream": True},
        {"whole": "body"},
    ]
    assert sorted(found[:3]) == sorted(found[3:])


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"", "no prompt"), (b"fine\n{broken", "line 2"), (b"\xff", "UTF-8"), (None, "read")],
    ids=["empty", "broken", "binary", "missing"],
)
def test_a_file_that_is_none_is_told_in_a_sentence(
    tmp_path: Path, content: bytes | None, says: str
) -> None:
    file = tmp_path / "prompts"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(Unreadable, match=says):
        from_file(file, body_of, {}, 1)


@pytest.mark.parametrize(("count", "share"), [(100, 0.5), (200, 0.95), (1000, 0.9), (37, 0.5)])
def test_a_percentile_lies_within_its_bounds_for_certain(count: int, share: float) -> None:
    found = percentile([float(rank) for rank in range(1, count + 1)], share)
    low, high = int(found["low"] or 0), int(found["high"] or 0)

    def below(most: int) -> float:
        return math.fsum(
            math.comb(count, hits) * share**hits * (1 - share) ** (count - hits)
            for hits in range(most + 1)
        )

    assert below(high - 1) - below(low - 1) >= 0.95
    # The next smaller bounds are not wide enough on their side.
    assert below(low) > 0.025
    assert below(high - 2) < 0.975


def test_too_few_values_have_no_upper_bound() -> None:
    assert percentile([1.0, 2.0, 3.0], 0.95)["high"] is None
    assert percentile([1.0], 0.5) == {"value": 1.0, "low": None, "high": None}


def test_who_never_got_an_answer_has_waited_without_end() -> None:
    found = figures([outcome(1.0) for _ in range(9)] + [outcome(30.0, ended=LATE)], 10.0)
    assert found["whole_s"]["p90"]["value"] == 1.0
    assert found["whole_s"]["p95"]["value"] is None
    assert found["first_token_s"] is None
    assert found["failed"] == {LATE: 1}


def test_refusals_are_counted_and_no_latencies() -> None:
    refused = [outcome(0.001, ended="429"), outcome(0.002, ended="503")]
    found = figures([outcome(2.0, tokens_in=5, tokens_out=10), *refused], 2.0)
    assert found["whole_s"]["count"] == 1
    assert found["failed"] == {"429": 1, "503": 1}
    assert found["failed_share"] == pytest.approx(2 / 3, abs=1e-6)
    assert (found["tokens_in_per_second"], found["tokens_out_per_second"]) == (2.5, 5.0)


def test_between_tokens_counts_the_tokens_and_not_the_pieces() -> None:
    assert outcome(3.0, first_s=1.0, last_s=2.0, tokens_out=11).between_s == pytest.approx(0.1)
    assert outcome(3.0, first_s=1.0, last_s=1.0, tokens_out=1).between_s is None


@pytest.mark.parametrize("share", [0.0, 0.04], ids=["in time", "late"])
def test_a_sender_that_is_late_is_told(share: float) -> None:
    found = figures([outcome(0.1, late_s=share if n % 2 else 0.0) for n in range(100)], 10.0)
    assert late(found) == share


@pytest.mark.parametrize("text", ["", "p95", "p42=1", "whole.p95=0", "p95=nan", "last.p95=1"])
def test_what_is_no_goal_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no goal"):
        Goal.read(text)


def test_a_goal_that_nobody_could_measure_is_missed() -> None:
    found = figures([outcome(1.0)] * 10, 10.0)
    assert all_reached([Goal.read("p95=1")], 0.0, found)
    assert not all_reached([Goal.read("first.p95=1")], 0.0, found)
    failing = figures([outcome(1.0)] * 10 + [outcome(0.0, ended="500")], 10.0)
    assert not all_reached([Goal.read("p95=1")], 0.05, failing)
    assert all_reached([Goal.read("p95=1")], 0.1, failing)


@pytest.mark.parametrize("capacity", [0.3, 1.0, 7.3, 40.0])
def test_a_search_ends_near_the_highest_rate_that_does(capacity: float) -> None:
    search = Search(begin=1.0)
    for rate in search.rates():
        search.tell(rate, rate <= capacity)
    found = search.found()
    assert found["rate"] <= capacity < found["failed_at"] <= found["rate"] * NEAR + 1e-3


def test_a_search_where_no_rate_does_says_so() -> None:
    search = Search(begin=1.0)
    for rate in search.rates():
        search.tell(rate, False)
    assert search.found()["rate"] is None


class Content:
    """The body of an answer, in pieces that come a second apart."""

    def __init__(self, *chunks: bytes) -> None:
        self.chunks, self.now = chunks, 0.0

    async def iter_any(self) -> AsyncIterator[bytes]:
        for chunk in self.chunks:
            self.now += 1.0
            yield chunk


class Response:
    content_type = "text/event-stream"

    def __init__(self, *chunks: bytes) -> None:
        self.content = Content(*chunks)


def streamed(*chunks: bytes, openai: bool = True) -> Reading:
    response: Any = Response(*chunks)
    return asyncio.run(read(response, lambda: response.content.now, openai=openai))


def piece(text: str) -> bytes:
    return b"data: " + json.dumps({"choices": [{"delta": {"content": text}}]}).encode() + b"\n\n"


BEGIN = b'data: {"choices":[{"delta":{"role":"assistant","content":""}}]}\n\n'
USAGE = b'data: {"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":4}}\n\n'
DONE = b"data: [DONE]\n\n"


def test_the_first_token_is_the_first_text() -> None:
    found = streamed(BEGIN, piece("a"), piece("b"), b"", b"", piece("c"), USAGE, DONE)
    assert (found.first, found.last, found.gap, found.fault) == (2.0, 6.0, 3.0, "")
    assert (found.tokens_in, found.tokens_out, found.pieces) == (9, 4, 3)


def test_events_may_be_torn_apart_on_their_way() -> None:
    whole = BEGIN + piece("a") + USAGE + DONE
    found = streamed(*(whole[place : place + 7] for place in range(0, len(whole), 7)))
    assert (found.tokens_out, found.fault, found.pieces) == (4, "", 1)


@pytest.mark.parametrize(
    ("chunks", "fault"),
    [
        ((BEGIN, piece("a")), "cut off"),
        ((BEGIN, DONE), "empty"),
        ((piece("a"), b'data: {"error":{"message":"no"}}\n\n', DONE), "error event"),
    ],
    ids=["cut", "empty", "error"],
)
def test_a_stream_that_is_not_whole_is_broken(chunks: tuple[bytes, ...], fault: str) -> None:
    assert streamed(*chunks).fault == fault


def test_events_of_ones_own_need_no_done() -> None:
    assert streamed(b'data: {"step": 1}\n\n', openai=False).fault == ""
    assert streamed(b"event: error\ndata: {}\n\n", openai=False).fault == "error event"


def report(**values: Any) -> Report:
    asked = {"goals": ["p95=1"]}
    target = {"name": "<b>somewhere</b>", "path": "/v1/chat/completions"}
    return Report(time=0.0, asked=asked, target=target, cost={}, **values)


def test_the_report_has_each_request_and_the_figures_of_each_stage() -> None:
    stages = [Stage(1, 1, 10), Stage(2, 2, 10)]
    outcomes = [outcome(0.5, stage=0), outcome(1.5, stage=1), outcome(0.0, stage=1, ended="429")]
    document = report(stages=stages, begins=[0.0, 12.0], outcomes=outcomes).as_json()
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    assert [stage["figures"]["requests"] for stage in document["stages"]] == [1, 2]
    assert document["requests"]["columns"] == COLUMNS
    assert [row[-1] for row in document["requests"]["rows"]] == [ANSWERED, ANSWERED, "429"]


@pytest.mark.parametrize("ended", [ANSWERED, LATE, "429"])
def test_the_page_loads_nothing_and_shows_names_as_text(ended: str) -> None:
    outcomes = [outcome(0.5 + n, due_s=float(n), ended=ended) for n in range(30)]
    stages, begins = [Stage(1, 1, 15), Stage(2, 2, 15)], [0.0, 15.0]
    page = html(report(stages=stages, begins=begins, outcomes=outcomes).as_json())
    assert "<b>somewhere" not in page
    assert "&lt;b&gt;somewhere" in page
    assert not [word for word in ("http", "src=", "<script", "@import", "nan") if word in page]


def test_the_page_of_nothing_is_a_page_too() -> None:
    assert "0 requests" in html(report().as_json())


def test_the_bound_has_every_instance_until_it_is_stopped() -> None:
    bill = Bill(usd_per_hour=1.8, instances=2, idle_seconds=60, most_usd=0.2)
    assert bill.bound(140) == pytest.approx(0.2)
    assert bill.allows(140)
    assert not bill.allows(141)
    assert "At most $0.20" in bill.says(140)


@pytest.mark.parametrize(
    "url", [f"http://user:{SECRET}@there", f"http://there/?key={SECRET}", "there", "ftp://there"]
)
def test_an_address_with_a_secret_in_it_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(Problem) as caught:
        address(url, 0.0)
    assert SECRET not in caught.value.message + caught.value.hint


def test_a_key_goes_only_where_nobody_can_overhear_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert address("http://there.example/", 0.0).url == "http://there.example"
    monkeypatch.setenv("LOAD_API_KEY", SECRET)
    assert address("https://there.example", 0.0).url == "https://there.example"
    with pytest.raises(Problem) as caught:
        address("http://there.example", 0.0)
    assert SECRET not in caught.value.message + caught.value.hint
