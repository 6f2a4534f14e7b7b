"""What plans are made of in tests."""

from typing import Any

from scaffold.answers.questions import Questionnaire
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
