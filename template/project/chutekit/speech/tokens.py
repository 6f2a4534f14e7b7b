"""From the tokens of Whisper to phrases and words, without the model."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from chutekit.speech.said import UNSPACED, Word

#: Seconds from one token of time to the next.
PRECISION = 0.02
# What belongs to the word behind it, or to the one before.
_OPENING = "\"'“¿([{-"
_CLOSING = "\"'.。,，!！?？:：”)]}、"
# What a tokenizer writes for bytes that are no whole character yet.
_UNFINISHED = "\ufffd"


@dataclass
class Phrase:
    """Tokens of text between two times, in seconds."""

    start: float
    end: float
    tokens: list[int] = field(default_factory=list)


def phrases(
    tokens: Sequence[int], first_special: int, first_time: int | None, seconds: float
) -> list[Phrase]:
    """The phrases of a window that is `seconds` long.

    Ids from `first_special` on are no text, and those from `first_time` on are times; with None all
    is one phrase. What comes without a time begins with the window, or ends with it.
    """
    found: list[Phrase] = []
    current = Phrase(0.0, seconds)
    for token in tokens:
        if first_time is not None and token >= first_time:
            time = (token - first_time) * PRECISION
            if current.tokens:
                current.end = max(time, current.start)
                found.append(current)
            current = Phrase(time, seconds)
        elif token < first_special:
            current.tokens.append(token)
    if current.tokens:
        current.end = max(seconds, current.start)
        found.append(current)
    return found


def words(
    tokens: Sequence[int],
    times: Sequence[float],
    decode: Callable[[Sequence[int]], str],
    language: str,
) -> list[Word]:
    """Words, each with its punctuation.

    `times` are when each token begins, and when the last one ends.
    """
    found: list[Word] = []
    for text, start, end in _pieces(tokens, times, decode):
        word = text.strip()
        if not word:
            continue
        begins = language in UNSPACED or text[:1].isspace()
        before = found[-1] if found else None
        closes = all(letter in _CLOSING for letter in word)
        opened = before is not None and all(letter in _OPENING for letter in before.text)
        if before is not None and (not begins or closes or opened):
            found[-1] = Word(before.text + word, before.start, max(end, before.end))
        else:
            found.append(Word(word, start, end))
    return found


def _pieces(
    tokens: Sequence[int], times: Sequence[float], decode: Callable[[Sequence[int]], str]
) -> Iterator[tuple[str, float, float]]:
    """The fewest tokens that make whole characters: their text, and when it was said."""
    begin = 0
    for place in range(len(tokens)):
        text = decode(tokens[begin : place + 1])
        if _UNFINISHED in text and place + 1 < len(tokens):
            continue
        yield text.replace(_UNFINISHED, ""), times[begin], max(times[place + 1], times[begin])
        begin = place + 1
