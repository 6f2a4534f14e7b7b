"""What the smoke test sends to this chute, and what must come back."""

from __future__ import annotations

import base64
from secrets import token_bytes
from typing import Any

from chute import EXAMPLE

from chutekit.ops.gateway import Answer
from chutekit.ops.probes import Load, Probe, refusal
from chutekit.speech.sample import SPOKEN_SECONDS, SPOKEN_WORDS

#: Of the words that are said, so many must be written down, as words or as figures.
LEAST_WORDS = 3
FIGURES = {"one": "1", "two": "2", "three": "3", "four": "4", "five": "5"}


def understood(answer: Answer) -> str:
    """Check that the sample was heard to its end, in its language and with the times of words."""
    told: dict[str, Any] = answer.json() or {}
    if told.get("language") != "en" or abs(told.get("seconds", 0) - SPOKEN_SECONDS) > 1:
        return f"told {told.get('language')!r} and {told.get('seconds')} s of the sample"
    text = str(told.get("text", "")).lower()
    found = [word for word in SPOKEN_WORDS if word in text or FIGURES[word] in text]
    if len(found) < LEAST_WORDS:
        return f"understood {len(found)} of the {len(SPOKEN_WORDS)} words of the sample"
    if not any(segment.get("words") for segment in told.get("segments") or ()):
        return "told no times of words"
    return ""


def never_sent() -> dict[str, Any]:
    """Return the sample with something behind its end, where no reader looks: no cache has it."""
    content = base64.b64decode(EXAMPLE["audio_b64"]) + token_bytes(8)
    return {**EXAMPLE, "audio_b64": base64.b64encode(content).decode()}


def asking(_: str) -> dict[str, Any]:
    """Return the sample: a recording is no text, so what is to be said in it is left out."""
    return never_sent()


TRANSCRIBE = "/transcribe"
PROBES = [Probe("POST /transcribe", "POST", TRANSCRIBE, EXAMPLE, understood)]
WRONG = refusal("POST", TRANSCRIBE, EXAMPLE | {"language": "English"}, "language")
BURST = Probe("POST /transcribe", "POST", TRANSCRIBE, never_sent, understood)
LOAD = Load({TRANSCRIBE: asking}, words=20)
