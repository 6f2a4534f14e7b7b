"""Recordings as windows of samples: formats, rates, channels, and what is refused."""

import itertools
from typing import Any

import numpy
import pytest
from chutekit.media import kinds
from chutekit.media.files import File
from chutekit.serving.errors import Refusal
from chutekit.speech import sounds
from chutekit.speech.sounds import RATE, Recording, Window

from support.recordings import FORMATS, bomb, encoded, floats, wav

HOUR = 3600


def recording(content: bytes, most_seconds: float = HOUR, **more: Any) -> Recording:
    kind = kinds.one_of(content, kinds.RECORDINGS)
    return Recording(File(content, kind, "audio_b64"), most_seconds, **more)


def refused(content: bytes, most_seconds: float = HOUR) -> str:
    """What the client is told; Recording must have refused the file, and named the field."""
    with pytest.raises(Refusal) as stop:
        list(recording(content, most_seconds).windows())
    assert (stop.value.status, stop.value.fields[0].field) == (400, "audio_b64")
    return stop.value.fields[0].message


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_is_told_by_its_first_bytes_and_read(name: str) -> None:
    (window,) = recording(encoded(*FORMATS[name])).windows()
    assert window.seconds == pytest.approx(2, abs=0.1)
    assert window.samples.dtype == numpy.float32
    crossings = (numpy.diff(numpy.signbit(window.samples[8000:24000])) != 0).sum()
    assert crossings == pytest.approx(200, abs=2), "a second of 100 Hz"
    assert abs(window.samples[8000:24000]).max() == pytest.approx(0.3, abs=0.05)


@pytest.mark.parametrize("rate", [1000, 8000, 22_050, 48_000, 192_000])
def test_any_rate_becomes_the_model_s(rate: int) -> None:
    (window,) = recording(encoded("wav", "pcm_f32le", rate)).windows()
    assert window.seconds == pytest.approx(2, abs=0.01)


@pytest.mark.parametrize("layout", ["mono", "stereo", "2.1", "4.0", "5.0", "5.1", "6.1", "7.1"])
def test_channels_become_one_that_is_as_loud(layout: str) -> None:
    (window,) = recording(encoded("wav", "pcm_s16le", 16_000, layout=layout)).windows()
    assert abs(window.samples).max() == pytest.approx(0.3, abs=0.01)


def test_a_long_recording_comes_in_windows_that_leave_nothing_out() -> None:
    read = recording(wav(100))
    windows = list(read.windows())
    assert read.seconds == pytest.approx(100)
    assert all(20 <= window.seconds <= 30 for window in windows[:-1])
    ends = [0.0, *(window.start + window.seconds for window in windows)]
    assert [window.start for window in windows] == pytest.approx(ends[:-1])
    assert ends[-1] == pytest.approx(100)


def test_no_more_is_decoded_than_the_next_window_needs() -> None:
    read = recording(wav(HOUR))
    assert len(list(itertools.islice(read.windows(), 2))) == 2
    assert read.seconds < 100


def test_a_cut_falls_into_the_pause() -> None:
    samples = numpy.sin(numpy.arange(30 * RATE, dtype=numpy.float32))
    samples[23 * RATE : 23 * RATE + RATE // 2] = 0
    assert 23 < sounds.quietest(samples) / RATE < 23.5


def test_silence_is_told_from_a_whisper() -> None:
    (silence,) = recording(wav(5, level=0)).windows()
    assert silence.silent
    assert not Window(0.0, numpy.full(100, 0.005, numpy.float32)).silent


def test_a_value_that_is_no_number_spoils_nothing() -> None:
    (window,) = recording(floats(0.5, float("nan"), float("inf"), 1e30, -1e30, 0.5)).windows()
    assert numpy.isfinite(window.samples).all()
    assert abs(window.samples).max() <= 1


def test_what_says_that_it_is_too_long_is_not_read() -> None:
    steps: list[None] = []
    read = recording(wav(3 * HOUR), on_step=lambda: steps.append(None))
    with pytest.raises(Refusal, match=r"invalid_request"):
        list(read.windows())
    assert (steps, read.seconds) == ([], 0)


def test_what_says_nothing_is_read_until_it_is_too_long() -> None:
    content = encoded("mp3", "libmp3lame", 16_000, seconds=8)
    assert refused(content, most_seconds=3) == "must be at most 3 s long"


def test_a_bomb_stops_where_the_time_does() -> None:
    content = bomb(60)
    assert len(content) < 60 * 192_000 * 8 * 2 / 500
    assert "at most 20 s" in refused(content, most_seconds=20)


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_cut_anywhere_is_read_as_far_as_it_goes_or_refused(name: str) -> None:
    whole = encoded(*FORMATS[name])
    for share in (0.03, 0.3, 0.7):
        read = recording(whole[: max(int(len(whole) * share), 12)])
        try:
            assert sum(window.seconds for window in read.windows()) <= 2.2
        except Refusal as refusal:
            told = refusal.code
        else:
            told = ""
        assert told in ("", "invalid_request")


@pytest.mark.parametrize("magic", [b"RIFF....WAVE", b"ID3", b"fLaC", b"OggS", b"....ftyp", b"caff"])
def test_what_only_begins_like_sound_is_refused(magic: bytes) -> None:
    assert refused(magic + b"x" * 5000)


def test_a_recording_of_no_length_is_refused() -> None:
    assert refused(wav(0)) in (sounds.DAMAGED, "is empty: there is no sound in it")


def test_a_coding_that_asks_for_any_memory_is_refused() -> None:
    assert "coded in a way" in refused(encoded("ipod", "alac", 44_100))


def test_whoever_reads_can_end_it() -> None:
    def leave() -> None:
        raise Refusal(400, "client_left", "")

    with pytest.raises(Refusal, match="client_left"):
        list(recording(wav(HOUR), on_step=leave).windows())
