"""What plans are made of in tests."""

from typing import Any

from scaffold.answers.questions import Questionnaire
from scaffold.plan.simulation import Result
from support.answers import REQUIRED

QUICK = ("--rps", "0.5", "--seconds-per-request", "2", "--hours", "1")
SETTINGS = (
    "concurrency",
    "max_instances",
    "scaling_threshold",
    "shutdown_after_seconds",
    "keep_warm",
)


def context(**answers: Any) -> dict[str, Any]:
    """What the questions make of these answers."""
    return Questionnaire().resolve({**REQUIRED, **answers}).context


def outcome(usd: float, p95: float, refused: int = 0, cadence: float = 60) -> Result:
    """A result of a thousand requests."""
    return Result(
        cadence,
        1000,
        1000 - refused,
        refused,
        p95 / 2,
        p95,
        p95 * 2,
        p95,
        0.0,
        usd,
        0.0,
        1.0,
        1,
        0,
        1,
        0,
        0,
        0.0,
        0,
        0,
        True,
        {},
    )
