"""What is asked about a recording, and what was said in it: the shapes of POST /transcribe."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from pydantic import BaseModel, Field

Timestamps = Literal["none", "segment", "word"]

#: The languages of Whisper by their codes, as its tokenizer orders them; the last one came with
#: large-v3 (transformers, models/whisper/tokenization_whisper.py).
Language = Literal[
    "en",
    "zh",
    "de",
    "es",
    "ru",
    "ko",
    "fr",
    "ja",
    "pt",
    "tr",
    "pl",
    "ca",
    "nl",
    "ar",
    "sv",
    "it",
    "id",
    "hi",
    "fi",
    "vi",
    "he",
    "uk",
    "el",
    "ms",
    "cs",
    "ro",
    "da",
    "hu",
    "ta",
    "no",
    "th",
    "ur",
    "hr",
    "bg",
    "lt",
    "la",
    "mi",
    "ml",
    "cy",
    "sk",
    "te",
    "fa",
    "lv",
    "bn",
    "sr",
    "az",
    "sl",
    "kn",
    "et",
    "mk",
    "br",
    "eu",
    "is",
    "hy",
    "ne",
    "mn",
    "bs",
    "kk",
    "sq",
    "sw",
    "gl",
    "mr",
    "pa",
    "si",
    "km",
    "sn",
    "yo",
    "so",
    "af",
    "oc",
    "ka",
    "be",
    "tg",
    "sd",
    "gu",
    "am",
    "yi",
    "lo",
    "uz",
    "fo",
    "ht",
    "ps",
    "tk",
    "nn",
    "mt",
    "sa",
    "lb",
    "my",
    "bo",
    "tl",
    "mg",
    "as",
    "tt",
    "haw",
    "ln",
    "ha",
    "ba",
    "jw",
    "su",
    "yue",
]
#: Written without spaces between words.
UNSPACED = frozenset({"zh", "ja", "th", "lo", "my", "yue"})


@dataclass(frozen=True)
class Wish:
    """What is wanted of one window: `language` None is whichever is heard."""

    language: str | None
    task: str
    timestamps: Timestamps


@dataclass(frozen=True)
class Word:
    """A word as it is written, punctuation included, and when it was said, in seconds."""

    text: str
    start: float
    end: float


@dataclass(frozen=True)
class Segment:
    """A phrase and when it was said, in seconds; `text` begins with a space where one goes."""

    text: str
    start: float
    end: float
    words: Sequence[Word] = ()


@dataclass(frozen=True)
class Heard:
    """What a model heard in one window; times count from its beginning."""

    language: str
    segments: Sequence[Segment] = field(default=())


class SaidWord(BaseModel):
    """A word of the answer."""

    word: str
    start: float
    end: float


class SaidSegment(BaseModel):
    """A phrase of the answer; `words` are null unless they were asked for."""

    start: float
    end: float
    text: str
    words: list[SaidWord] | None = None


class Transcript(BaseModel):
    """What POST /transcribe answers."""

    text: str = Field(description="All that was said; empty where nobody speaks.")
    segments: list[SaidSegment] = Field(description="Its phrases, in order; none without times.")
    language: str | None = Field(description="The code of the language; null where nobody speaks.")
    seconds: float = Field(description="How long the recording is.")


def transcript(
    segments: Sequence[Segment], language: str | None, seconds: float, timestamps: Timestamps
) -> Transcript:
    """The answer, from segments whose times count from the beginning of the recording."""
    told = [] if timestamps == "none" else [_told(each, seconds, timestamps) for each in segments]
    return Transcript(
        text="".join(segment.text for segment in segments).strip(),
        segments=told,
        language=language,
        seconds=round(seconds, 3),
    )


def _told(segment: Segment, seconds: float, timestamps: Timestamps) -> SaidSegment:
    """A model works on windows of a fixed length, and may end a phrase behind the recording."""

    def within(time: float) -> float:
        return round(min(max(time, 0.0), seconds), 3)

    words = [
        SaidWord(word=word.text, start=within(word.start), end=within(word.end))
        for word in segment.words
    ]
    return SaidSegment(
        start=within(segment.start),
        end=within(segment.end),
        text=segment.text.strip(),
        words=words if timestamps == "word" else None,
    )
