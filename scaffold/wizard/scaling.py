"""The question of scale: answered by who knows the numbers, or worked out from the traffic.

The working out is `chute-new plan`'s, with a search small enough to wait for.
"""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from scaffold.answers.questions import Choice, Question
from scaffold.errors import Stop
from scaffold.wizard.console import BACK, Answer, Console, Frame

KNOWN, HELP = "known", "help"
# The answers that are worked out.
KEYS = (
    "concurrency",
    "max_instances",
    "scaling_threshold",
    "keep_warm",
    "shutdown_after_seconds",
)
SCALING = Question(
    key="scaling",
    kind="str",
    help=(
        "How do you want to set the scaling? With help, you describe your traffic, and a simulated "
        "day on the platform shows what is cheap and quick enough."
    ),
    when=True,
    default=KNOWN,
    choices=(
        ("I know my numbers, or take the defaults", KNOWN),
        ("Help me choose from my traffic", HELP),
    ),
    multiselect=False,
    validator="",
)
_PATTERNS = (
    Choice("the same all day", "constant"),
    Choice("high at noon, low at night", "daily"),
    Choice("steady, with half an hour of five times as much", "spike"),
)


class Advice(NamedTuple):
    """Scaling answers by key, and what they come to in words."""

    answers: dict[str, Any]
    says: str


def advise(console: Console, answers: Mapping[str, Any]) -> Advice | Answer | None:
    """Ask for the traffic and work it out; BACK from the first question, None when it cannot be."""
    traffic: dict[str, Any] = {}
    target: dict[str, Any] = {}
    steps = [
        (traffic, "rps", _rate),
        (traffic, "pattern", _pattern),
        (traffic, "seconds_per_request", _seconds),
        (target, "p95_s", _patience),
    ]
    index = 0
    while index < len(steps):
        into, key, ask = steps[index]
        value = ask(console)
        if value is BACK and index == 0:
            return BACK
        if value is BACK:
            index -= 1
            continue
        into[key] = value
        index += 1
    return _worked_out(console, answers, traffic, target)


def _worked_out(
    console: Console,
    answers: Mapping[str, Any],
    traffic: Mapping[str, Any],
    target: Mapping[str, Any],
) -> Advice | None:
    from scaffold.plan.command import suggest

    console.say("Simulating days of this traffic; this takes some seconds.", "class:dim")
    try:
        found = suggest(answers, {"hours": 24.0, **_given(traffic)}, _given(target))
    except Stop as stop:
        told = "; ".join([stop.message, *(problem.message for problem in stop.problems)])
        console.say(f"That cannot be worked out: {told}.", "class:wrong")
        return None
    return Advice(found.answers, found.says())


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}


def _rate(console: Console) -> float | Answer:
    frame = Frame(
        "rps",
        "How many requests per second, on average over the day?",
        ["One in ten seconds is 0.1."],
    )
    return _number(console, frame, "0.1", needed=True)  # type: ignore[return-value]


def _pattern(console: Console) -> str | Answer:
    frame = Frame("pattern", "How does that change over the day?")
    return console.one(frame, _PATTERNS, "daily", lambda _: "")


def _seconds(console: Console) -> float | Answer | None:
    frame = Frame(
        "seconds",
        "How many seconds does one request take?",
        ["Nothing means an estimate for the model and the GPU. A measured figure is better."],
    )
    return _number(console, frame, "", needed=False)


def _patience(console: Console) -> float | Answer | None:
    frame = Frame(
        "p95",
        "Within how many seconds shall 95 of 100 answers be there?",
        ["Nothing means three times what one request takes, and a second."],
    )
    return _number(console, frame, "", needed=False)


def _number(console: Console, frame: Frame, default: str, *, needed: bool) -> float | Answer | None:
    def check(typed: str) -> str:
        if not typed:
            return "must be a number" if needed else ""
        value = _parsed(typed)
        return "" if value is not None and 0 < value <= 1800 else "must be a number above 0"

    typed = console.text(frame, default, check)
    return typed if isinstance(typed, Answer) else _parsed(typed)


def _parsed(typed: str) -> float | None:
    try:
        value = float(typed.replace(",", "."))
    except ValueError:
        return None
    return value if math.isfinite(value) else None
