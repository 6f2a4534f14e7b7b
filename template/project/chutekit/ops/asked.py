"""What `make load` is asked for: its options, read and checked, all mistakes at once."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chutekit.load.goals import ROUNDS, Goal
from chutekit.load.lengths import Lengths
from chutekit.load.schedule import Stage, ramp, steady
from chutekit.ops.command import USAGE, Problem

MOST_RATE = 10_000.0
MOST_SECONDS = 86_400.0
#: Each request stays in the report.
MOST_REQUESTS = 500_000
REPORT = Path(".chute") / "load.json"


@dataclass(frozen=True)
class Asked:
    """Blocks of stages, sent one after the other with a pause for what is still in flight."""

    blocks: list[list[Stage]]
    search: bool
    seconds: float
    even: bool
    seed: int
    patience: float
    goals: list[Goal]
    failed_share: float
    path: str
    tokens_in: Lengths | None
    tokens_out: Lengths | None
    prompts: Path | None
    whole: bool
    max_usd: float
    output: Path

    @property
    def longest_seconds(self) -> float:
        """How long all of it takes at most, with waiting for the last answers."""
        blocks = self.blocks * ROUNDS if self.search else self.blocks
        return sum(sum(one.seconds for one in block) + self.patience for block in blocks)

    def as_json(self) -> dict[str, Any]:
        """Return what the report says of it; what a file of prompts holds is nobody's business."""
        return {
            "search": self.search,
            "arrivals": "even" if self.even else "poisson",
            "seed": self.seed,
            "patience_s": self.patience,
            "goals": [goal.text for goal in self.goals],
            "failed_share": self.failed_share,
            "tokens_in": self.tokens_in.text if self.tokens_in else None,
            "tokens_out": self.tokens_out.text if self.tokens_out else None,
            "prompts": self.prompts is not None,
            "streamed": not self.whole,
        }


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add them to the command's own."""
    where = parser.add_argument_group("where to (without: the staging chute)")
    where.add_argument("--url", help="an address, such as http://127.0.0.1:8000 of `make dev`")
    where.add_argument("--path", default="", help="the endpoint (default: this chute's first one)")
    where.add_argument(
        "--usd-per-hour", default="0", help="with --url: what the server there costs (0)"
    )
    how = parser.add_argument_group("how much")
    how.add_argument("--rate", default="", help="requests per second; several as 1,2,4 (1)")
    how.add_argument("--ramp", default="", help="instead: a rate that grows, as 1-8")
    how.add_argument(
        "--search", action="store_true", help="instead: the highest rate that meets every --goal"
    )
    how.add_argument("--seconds", default="60", help="of each rate, or of the ramp (60)")
    how.add_argument("--even", action="store_true", help="at equal distances, not at random")
    how.add_argument("--seed", default="1", help="the same seed sends the same (1)")
    how.add_argument("--patience", default="120", help="seconds to wait for an answer (120)")
    what = parser.add_argument_group("what")
    what.add_argument("--tokens-in", default="", help="words of a text: 300, 100-500 or 300~0.5")
    what.add_argument("--tokens-out", default="", help="tokens of an answer, in the same way")
    what.add_argument("--prompts", default="", help="a file: a line is a text, or a body as JSON")
    what.add_argument("--whole", action="store_true", help="do not stream the answers")
    end = parser.add_argument_group("what comes of it")
    end.add_argument(
        "--goal",
        action="append",
        default=[],
        help="seconds at most: p95=10, first.p95=0.5, between.p50=0.02; exit status 1 if missed",
    )
    end.add_argument("--failed-share", default="0.01", help="with a goal: may go wrong (0.01)")
    end.add_argument("--max-usd", default="1", help="the most it may cost (1)")
    end.add_argument("--output", default=str(REPORT), help=f"the report ({REPORT})")


class _Mistakes:
    """Collects what is wrong with options."""

    def __init__(self) -> None:
        self.found: list[str] = []

    @contextmanager
    def of(self, option: str) -> Iterator[None]:
        """A ValueError within is one, of that option."""
        try:
            yield
        except ValueError as error:
            self.found.append(f"{option}: {error}")

    def number(self, option: str, text: str, least: float, most: float) -> float:
        """Read a number within bounds."""
        with self.of(option):
            return _number(text, least, most)
        return least


def _number(text: str, least: float, most: float) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not least <= value <= most:
        raise ValueError(f"{text!r} is no number from {least:g} to {most:g}")
    return value


def _lengths(mistakes: _Mistakes, option: str, text: str, usual: int) -> Lengths | None:
    with mistakes.of(option):
        return Lengths.read(text or str(usual)) if text or usual else None
    return None


def read(given: argparse.Namespace, *, path: str, words: int, answer_tokens: int) -> Asked:
    """Return what the options say; Problem with everything that is wrong with them.

    `path`, `words` and `answer_tokens` are what this chute's requests usually have.
    """
    mistakes = _Mistakes()
    seconds = mistakes.number("--seconds", given.seconds, 1, MOST_SECONDS)
    goals = []
    for text in given.goal:
        with mistakes.of("--goal"):
            goals.append(Goal.read(text))
    if given.ramp and (given.rate or given.search):
        mistakes.found.append("--rate, --ramp and --search: give one (--rate begins a search)")
    if given.search and not goals:
        mistakes.found.append("--search: needs a --goal, such as p95=10")
    blocks: list[list[Stage]] = []
    with mistakes.of("--ramp" if given.ramp else "--rate"):
        blocks = _blocks(given, seconds)
    if given.tokens_out and not answer_tokens:
        mistakes.found.append("--tokens-out: answers of this endpoint are not made of tokens")
    asked = Asked(
        blocks,
        given.search,
        seconds,
        given.even,
        int(mistakes.number("--seed", given.seed, 0, 2**53)),
        mistakes.number("--patience", given.patience, 1, 3600),
        goals,
        mistakes.number("--failed-share", given.failed_share, 0, 1),
        given.path or path,
        _lengths(mistakes, "--tokens-in", given.tokens_in, 0 if given.prompts else words),
        _lengths(mistakes, "--tokens-out", given.tokens_out, 0 if given.prompts else answer_tokens),
        Path(given.prompts) if given.prompts else None,
        given.whole or not answer_tokens,
        mistakes.number("--max-usd", given.max_usd, 0, 1e6),
        Path(given.output),
    )
    if sum(stage.requests for block in blocks for stage in block) > MOST_REQUESTS:
        mistakes.found.append(f"more than {MOST_REQUESTS} requests; a lower rate or fewer seconds")
    if mistakes.found:
        raise Problem("; ".join(mistakes.found), "What each takes: make load ARGS=--help", USAGE)
    return asked


def _blocks(given: argparse.Namespace, seconds: float) -> list[list[Stage]]:
    if given.ramp:
        ends = [_number(text, 0.001, MOST_RATE) for text in given.ramp.split("-")]
        if len(ends) != 2:
            raise ValueError(f"{given.ramp!r} is no ramp: as 1-8")
        return [ramp(ends[0], ends[1], seconds)]
    rates = [_number(text, 0.001, MOST_RATE) for text in (given.rate or "1").split(",")]
    if given.search and len(rates) > 1:
        raise ValueError("a search begins at one rate")
    return [steady(rate, seconds) for rate in rates]
