"""Real models of one's own, as examples/ has them: each served on the real SDK and called.

Where TEST_OWN_PYTHON names an interpreter with the SDK and the packages of the examples, whose
models come in them.
"""

import base64
import io
import json
import os
import subprocess
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from support import examples
from support.harness import harness

pytestmark = pytest.mark.heavy

START_SECONDS = 180.0
RATE = 48_000
SENTENCES = "Good morning. This is a test of the recording."


@contextmanager
def served(name: str, folder: Path) -> Iterator[httpx.Client]:
    """An example under `chutes run --dev`, with its model."""
    python = os.environ.get("TEST_OWN_PYTHON") or pytest.skip("no TEST_OWN_PYTHON")
    running: Any = harness(examples.made(name, folder / "repository"))
    running.START_SECONDS = START_SECONDS
    command = [str(Path(python).with_name("chutes")), *running.DEVELOPMENT[1:]]
    environment = {"CHUTE_BACKEND": "", "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
    with (
        running.RunningChute(command, folder / "log", **environment) as chute,
        chute.client() as client,
    ):
        client.timeout = 60
        assert client.get("/health").json()["backend"] == "model"
        yield client
    assert "Traceback" not in chute.log.read_text()


@pytest.fixture(scope="module")
def ocr(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with served("ocr", tmp_path_factory.mktemp("ocr")) as client:
        yield client


@pytest.fixture(scope="module")
def voice(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with served("voice", tmp_path_factory.mktemp("voice")) as client:
        yield client


def written(*lines: str) -> str:
    """A picture of these lines, in base64."""
    image = pytest.importorskip("PIL.Image")
    font = pytest.importorskip("PIL.ImageFont").load_default(48)
    picture = image.new("RGB", (900, 120 * len(lines) + 40), "white")
    draw = pytest.importorskip("PIL.ImageDraw").Draw(picture)
    for place, line in enumerate(lines):
        draw.text((40, 40 + 120 * place), line, "black", font)
    picture.save(buffer := io.BytesIO(), "PNG")
    return base64.b64encode(buffer.getvalue()).decode()


def recording(folder: Path, *, silent: float = 0.0) -> str:
    """Somebody speaks, after so many seconds without a sound; in base64."""
    spoken = folder / "spoken.wav"
    subprocess.run(["espeak-ng", "-w", str(spoken), SENTENCES], check=True)
    with wave.open(str(spoken)) as file:
        settings, frames = file.getparams(), file.readframes(file.getnframes())
    rest = b"\0" * (int(silent * settings.framerate) * settings.sampwidth * settings.nchannels)
    with wave.open(buffer := io.BytesIO(), "wb") as file:
        file.setparams(settings)
        file.writeframes(rest + frames + rest)
    return base64.b64encode(buffer.getvalue()).decode()


def test_a_picture_is_read(ocr: httpx.Client) -> None:
    answer = ocr.post("/read", json={"image_b64": written("Invoice 4711", "Total 99 EUR")})
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert [line.replace(" ", "") for line in found["lines"]] == ["Invoice4711", "Total99EUR"]
    assert all(0.5 <= score <= 1 for score in found["scores"])


def test_an_empty_picture_says_nothing(ocr: httpx.Client) -> None:
    assert ocr.post("/read", json={"image_b64": written("")}).json() == {"lines": [], "scores": []}


def test_a_damaged_picture_is_a_400_that_names_its_field(ocr: httpx.Client) -> None:
    whole = base64.b64decode(written("Invoice"))
    answer = ocr.post("/read", json={"image_b64": base64.b64encode(whole[:300]).decode()})
    assert answer.status_code == 400
    assert [wrong["field"] for wrong in answer.json()["error"]["fields"]] == ["image_b64"]


def test_speech_is_found_where_it_is(voice: httpx.Client, tmp_path: Path) -> None:
    answer = voice.post("/find", json={"audio_b64": recording(tmp_path, silent=2.0)})
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert found["starts"]
    assert len(found["starts"]) == len(found["ends"])
    assert 1.5 < found["starts"][0] < 3.0


def test_events_tell_the_same(voice: httpx.Client, tmp_path: Path) -> None:
    body = {"audio_b64": recording(tmp_path, silent=1.0)}
    found = voice.post("/find", json=body).json()
    with voice.stream("POST", "/listen", json=body) as stream:
        told = [json.loads(line[6:]) for line in stream.iter_lines() if line.startswith("data: ")]
    assert [it["second"] for it in told if it["speaks"]] == found["starts"]
    assert [it["second"] for it in told if not it["speaks"]] == found["ends"]


def test_silence_is_none(voice: httpx.Client) -> None:
    with wave.open(buffer := io.BytesIO(), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(b"\0" * (2 * RATE * 5))
    body = {"audio_b64": base64.b64encode(buffer.getvalue()).decode()}
    assert voice.post("/find", json=body).json() == {"starts": [], "ends": []}


def test_a_recording_that_is_too_long_is_a_400(voice: httpx.Client) -> None:
    with wave.open(buffer := io.BytesIO(), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(8_000)
        file.writeframes(b"\x80" * (8_000 * 601))
    body = {"audio_b64": base64.b64encode(buffer.getvalue()).decode()}
    answer = voice.post("/find", json=body)
    assert answer.status_code == 400
    assert [wrong["field"] for wrong in answer.json()["error"]["fields"]] == ["audio_b64"]
