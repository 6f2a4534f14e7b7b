"""Ears without a model: words that follow from how loud the sound is, in no time."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, get_args

from chutekit.speech.said import Heard, Language, Segment, Wish, Word
from chutekit.speech.sounds import RATE

#: One word for each so many seconds of sound.
WORD_SECONDS = 0.5
QUIET, LOUD = " hush", " hear"


class Whisper:
    """Stands in for the model. STUB_STEP_SECONDS makes each call take that long."""

    languages = frozenset(get_args(Language))

    def __init__(self, folder: Path, dtype: str) -> None:
        self.step_seconds = float(os.environ.get("STUB_STEP_SECONDS", "0"))

    def hear(
        self, windows: Sequence[Any], wishes: Sequence[Wish], on_step: Callable[[], None]
    ) -> list[Heard]:
        """A phrase for each window, a word for each half of a second."""
        time.sleep(self.step_seconds)
        on_step()
        return [_heard(*each) for each in zip(windows, wishes, strict=True)]


def _heard(samples: Any, wish: Wish) -> Heard:
    seconds = len(samples) / RATE
    words = []
    for number in range(max(1, round(seconds / WORD_SECONDS))):
        start = number * WORD_SECONDS
        part = samples[int(start * RATE) : int((start + WORD_SECONDS) * RATE)]
        text = QUIET if len(part) == 0 or abs(part).max() < 0.1 else LOUD
        words.append(Word(text, start, min(start + WORD_SECONDS, seconds)))
    text = "".join(word.text for word in words)
    told = [Word(word.text.strip(), word.start, word.end) for word in words]
    asked = told if wish.timestamps == "word" else []
    return Heard(wish.language or "en", [Segment(text, 0.0, seconds, asked)])
