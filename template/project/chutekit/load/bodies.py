"""What is sent: this chute's own example with new words in it, or what a file says."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from chutekit.load.lengths import Lengths

#: Short and common: for most tokenizers each of them is one token, with the space before it.
_WORDS = (
    "the of and to in is that it for was on are as with at be this have from or one had by word "
    "but not what all were we when your can said there use an each which she do how their if will "
    "up other about out many then them these so some her would make like him into time has look "
    "two more write go see number no way could people my than first water been call who oil its "
    "now find long down day did get come made may part over new sound take only little work know "
    "place year live me back give most very after thing our just name good man think say great "
    "where help through much before line right too mean old any same tell boy follow came want"
)
WORDS = _WORDS.split()
MOST_BYTES = 256 * 2**20

#: Makes a body of a text.
Asking = Callable[[str], dict[str, Any]]


class Unreadable(Exception):
    """Why a file of prompts cannot be used, in a sentence."""


def text(words: int, chance: random.Random) -> str:
    """Return so many words that are not sent twice in this order, so that no cache answers."""
    return " ".join(chance.choices(WORDS, k=words))


def generated(
    asking: Asking, lengths: Lengths, answers: Lengths | None, seed: int
) -> Iterator[bytes]:
    """Yield bodies with texts of these lengths, and where given with answers of that length."""
    chance = random.Random(seed)
    while True:
        body = asking(text(lengths.draw(chance), chance))
        yield _encoded(body | (exactly(answers.draw(chance)) if answers else {}))


def exactly(tokens: int) -> dict[str, Any]:
    """Return what makes an engine write exactly so many tokens."""
    return {"max_tokens": tokens, "min_tokens": tokens, "ignore_eos": True}


def from_file(path: Path, asking: Asking, extra: dict[str, Any], seed: int) -> Iterator[bytes]:
    """Yield what the file says, in an order of chance, again and again.

    A line is a prompt, as it is or as a JSON string, or a whole body, a JSON object. `extra` is
    added to what was made of prompts. Raises Unreadable before anything is sent.
    """
    found = [_line(path, number, line, asking, extra) for number, line in _lines(path)]
    if not found:
        raise Unreadable(f"{path} has no prompt in it: a line is a text, or a body as JSON.")
    return _endless(found, seed)


def _endless(found: list[bytes], seed: int) -> Iterator[bytes]:
    chance = random.Random(seed)
    while True:
        yield from chance.sample(found, len(found))


def _lines(path: Path) -> list[tuple[int, str]]:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise Unreadable(f"{path} is larger than {MOST_BYTES // 2**20} MiB.")
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise Unreadable(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise Unreadable(f"{path} is no text in UTF-8.") from error
    return [(number, line) for number, line in enumerate(lines, 1) if line.strip()]


def _line(path: Path, number: int, line: str, asking: Asking, extra: dict[str, Any]) -> bytes:
    if line.lstrip()[0] not in '{"':
        return _encoded(asking(line.strip()) | extra)
    try:
        value = json.loads(line)
    except ValueError as error:
        raise Unreadable(f"{path}, line {number}, begins like JSON but is none.") from error
    return _encoded(value if isinstance(value, dict) else asking(value) | extra)


def _encoded(body: dict[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
