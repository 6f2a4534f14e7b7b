"""A generated chute of speech, on the real SDK, hears whatever clients may send.

Once with the stub, and, where TEST_DIFFUSERS_PYTHON names an interpreter that has transformers and
PyAV, with a real Whisper of random weights on the CPU. It lies in a prepared Hugging Face cache, so
the generated code is exactly that of production. What it writes down means nothing.
"""

import base64
import json
import random
import threading
from collections import Counter
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from support.hearing import Hearing, hearing
from support.painting import MARKER
from support.recordings import FORMATS, bomb, encoded, floats, wav

BODIES = {"stub": 2000, "transformers": 60}
HOUR = 3600


@pytest.fixture(
    scope="module",
    params=[
        pytest.param("stub", marks=pytest.mark.whole),
        pytest.param("transformers", marks=pytest.mark.heavy),
    ],
)
def served(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Hearing]:
    """One for all tests of a backend."""
    with hearing(request.param, tmp_path_factory.mktemp(request.param)) as served:
        yield served


def backend(served: Hearing) -> str:
    return str(served.client.get("/health").json()["backend"])


def told(answer: httpx.Response) -> dict[str, Any]:
    """The transcript; its times are in order and within the recording."""
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    for segment in found["segments"]:
        assert 0 <= segment["start"] <= segment["end"] <= found["seconds"]
        for word in segment["words"] or ():
            assert 0 <= word["start"] <= word["end"] <= found["seconds"]
            assert word["word"].strip() == word["word"] != ""
    return found


def test_the_backend_is_the_one_meant(served: Hearing, request: pytest.FixtureRequest) -> None:
    """Nothing below proves anything when the stub answers for the model."""
    assert backend(served) in request.node.name


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_gets_an_answer(served: Hearing, name: str) -> None:
    found = told(served.ask(encoded(*FORMATS[name], seconds=1)))
    assert found["seconds"] == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("timestamps", ["none", "segment", "word"])
@pytest.mark.parametrize("task", ["transcribe", "translate"])
def test_times_are_told_as_they_are_asked_for(served: Hearing, timestamps: str, task: str) -> None:
    found = told(served.ask(wav(3), timestamps=timestamps, task=task, language="de"))
    assert found["language"] == "de"
    assert bool(found["text"])
    if timestamps == "none":
        assert found["segments"] == []
        return
    joined = "".join(segment["text"] for segment in found["segments"])
    assert "".join(joined.split()) == "".join(found["text"].split())
    for segment in found["segments"]:
        assert (segment["words"] is not None) == (timestamps == "word")
        spoken = "".join(word["word"] for word in segment["words"] or ())
        if timestamps == "word" and "\ufffd" not in segment["text"]:
            assert spoken == "".join(segment["text"].split())


def test_the_language_is_found_and_kept(served: Hearing) -> None:
    found = told(served.ask(wav(70)))
    assert len(found["language"]) in (2, 3)
    assert told(served.ask(wav(70), language=found["language"]))["text"] == found["text"]


def test_the_same_recording_gets_the_same_text_beside_others(served: Hearing) -> None:
    """Alone, and in one round with others; nothing of it comes from the cache."""
    hums = [wav(4 + number, level=40 + 8 * number) for number in range(4)]
    alone = [told(served.ask(hum, language="en"))["text"] for hum in hums]
    found: dict[int, str] = {}

    def ask(number: int) -> None:
        content = hums[number] + b"behind its end"
        found[number] = told(served.ask(content, language="en"))["text"]

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [found[number] for number in range(4)] == alone


def test_silence_has_no_text(served: Hearing) -> None:
    found = told(served.ask(wav(40, level=0)))
    assert (found["text"], found["segments"], found["language"]) == ("", [], None)


def test_answers_come_from_the_cache(served: Hearing) -> None:
    answers = [served.ask(wav(2.5), timestamps="word") for _ in range(2)]
    assert answers[0].content == answers[1].content
    assert [served.chute.line(answer)["cache"] for answer in answers] == ["miss", "hit"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (wav(0), "no sound"),
        (wav(3 * HOUR), "at most 7200 s"),
        (b"GIF89a" + MARKER.encode(), "must be WAV"),
        (b"OggS" + MARKER.encode() * 99, "damaged"),
        (encoded("ipod", "alac", 44_100), "coded in a way"),
    ],
    ids=["of no length", "of three hours", "no sound", "damaged", "of a coding like a bomb"],
)
def test_what_cannot_be_heard_is_refused(served: Hearing, content: bytes, says: str) -> None:
    answer = served.ask(content)
    assert answer.status_code == 400, answer.text
    (wrong,) = answer.json()["error"]["fields"]
    assert wrong["field"] == "audio_b64"
    assert says in wrong["message"]


def broken(dice: random.Random, files: list[bytes]) -> Any:
    """A body that is right, nearly right, or nothing like it."""
    content = bytearray(dice.choice(files))
    for _ in range(dice.choice((0, 1, 5, 200))):
        content[dice.randrange(len(content))] = dice.randrange(256)
    if dice.random() < 0.3:
        del content[dice.randrange(len(content)) :]
    if dice.random() < 0.2:
        content[12:12] = dice.choice(files)
    body: dict[str, Any] = {"audio_b64": base64.b64encode(content).decode()}
    odd: list[Any] = [
        None,
        "",
        "en",
        "xx",
        MARKER,
        5,
        True,
        [],
        {},
        1e308,
        "translate",
        "word",
        "none",
    ]
    for name in ("language", "task", "timestamps", "audio_b64", "extra"):
        if dice.random() < 0.15:
            body[name] = dice.choice(odd)
    whole = json.dumps(body).encode()
    return whole[: dice.randrange(len(whole))] if dice.random() < 0.05 else whole


def test_no_body_whatever_gets_more_than_a_refusal(served: Hearing) -> None:
    """Files that are cut, mixed and overwritten: transcripts, and 400s that name fields."""
    dice = random.Random(23)
    files = [encoded(*FORMATS[name], seconds=0.5) for name in FORMATS]
    files += [wav(1), floats(0.1, float("nan"), 1e38), bomb(0.2), encoded("wav", "pcm_u8", 1000)]
    seen: Counter[int] = Counter()
    for _ in range(BODIES[backend(served)]):
        answer = served.send(broken(dice, files))
        seen[answer.status_code] += 1
        if answer.status_code == 200:
            told(answer)
        else:
            assert answer.status_code == 400, answer.text
            assert answer.json()["error"]["fields"]
            assert MARKER not in answer.text
    assert set(seen) == {200, 400}
    assert min(seen.values()) > sum(seen.values()) / 10, seen
    assert served.client.get("/health").json()["status"] == "ready"
    assert not [line for line in served.chute.events("request") if line["status"] >= 500]
