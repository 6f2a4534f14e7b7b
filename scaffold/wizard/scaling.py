"""The question of scale: answered by who knows the numbers, or worked out from the traffic.

The working out is `chute-new plan`'s, with a search small enough to wait for.
"""

import math
from collections.abc import Callable, Mapping
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


def advise(
    console: Console, answers: Mapping[str, Any], said: dict[str, Any], *, speed_known: bool
) -> Advice | Answer | None:
    """Ask for the traffic and work it out; BACK from the first question, None when it cannot be.

    `said` is what was said the last time, and becomes what is said now. Where nothing is known of
    the model's speed, the seconds of a request must be given.
    """
    steps: list[tuple[str, Callable[[], float | str | Answer | None]]] = [
        ("rps", lambda: _rate(console, said)),
        ("pattern", lambda: _pattern(console, said)),
        ("seconds_per_request", lambda: _seconds(console, said, needed=not speed_known)),
        ("p95_s", lambda: _patience(console, said)),
    ]
    index = 0
    while index < len(steps):
        key, ask = steps[index]
        value = ask()
        if value is BACK and index == 0:
            return Answer.BACK
        if value is BACK:
            index -= 1
            continue
        said[key] = value
        index += 1
    traffic = {key: value for key, value in said.items() if key != "p95_s"}
    return _worked_out(console, answers, traffic, {"p95_s": said["p95_s"]})


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


def _typed(said: Mapping[str, Any], key: str, default: str = "") -> str:
    """What stands at a prompt: what was said before, or the default."""
    value = said.get(key)
    return default if value is None else f"{value:g}"


def _rate(console: Console, said: Mapping[str, Any]) -> float | Answer:
    frame = Frame(
        "rps",
        "How many requests per second, on average over the day?",
        ["One in ten seconds is 0.1."],
    )
    typed = _typed(said, "rps", "0.1")
    return _number(console, frame, typed, needed=True)  # type: ignore[return-value]


def _pattern(console: Console, said: Mapping[str, Any]) -> str | Answer:
    frame = Frame("pattern", "How does that change over the day?")
    return console.one(frame, _PATTERNS, said.get("pattern", "daily"), lambda _: "")


def _seconds(console: Console, said: Mapping[str, Any], *, needed: bool) -> float | Answer | None:
    frame = Frame(
        "seconds",
        "How many seconds does one request take?",
        [
            "Nothing is known of this model's speed: give a measured figure, or a guess."
            if needed
            else "Nothing means an estimate for the model and the GPU. A measured figure is better."
        ],
    )
    return _number(console, frame, _typed(said, "seconds_per_request"), needed=needed)


def _patience(console: Console, said: Mapping[str, Any]) -> float | Answer | None:
    frame = Frame(
        "p95",
        "Within how many seconds shall 95 of 100 answers be there?",
        ["Nothing means three times what one request takes, and a second."],
    )
    return _number(console, frame, _typed(said, "p95_s"), needed=False)


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
