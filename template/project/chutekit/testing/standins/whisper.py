"""Ears without a model: they count, in no time, for as long as there is sound."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, get_args

from chutekit.speech.said import Heard, Language, Segment, Wish, Word
from chutekit.speech.sample import SPOKEN_WORDS
from chutekit.speech.sounds import RATE

#: One word for each so many seconds of sound.
WORD_SECONDS = 0.5


class Whisper:
    """Stands in for the model. STUB_STEP_SECONDS makes each call take that long."""

    languages = frozenset(get_args(Language))

    def __init__(self, folder: Path, dtype: str) -> None:
        self.step_seconds = float(os.environ.get("STUB_STEP_SECONDS", "0"))

    def hear(
        self, windows: Sequence[Any], wishes: Sequence[Wish], on_step: Callable[[], None]
    ) -> list[Heard]:
        """A phrase for each window: the words of the sample, one for each half of a second."""
        time.sleep(self.step_seconds)
        on_step()
        return [_heard(*each) for each in zip(windows, wishes, strict=True)]


def _heard(samples: Any, wish: Wish) -> Heard:
    seconds = len(samples) / RATE
    words = []
    for number in range(max(1, round(seconds / WORD_SECONDS))):
        start = number * WORD_SECONDS
        text = f" {SPOKEN_WORDS[number % len(SPOKEN_WORDS)]}"
        words.append(Word(text, start, min(start + WORD_SECONDS, seconds)))
    text = "".join(word.text for word in words)
    told = [Word(word.text.strip(), word.start, word.end) for word in words]
    asked = told if wish.timestamps == "word" else []
    return Heard(wish.language or "en", [Segment(text, 0.0, seconds, asked)])
