"""Repositories as the template alone makes them."""

from pathlib import Path
from typing import Any

from scaffold.answers.questions import Questionnaire
from scaffold.generated.render import render
from support.answers import REQUIRED

QUESTIONNAIRE = Questionnaire()


def rendered(answers: dict[str, Any], folder: Path) -> Path:
    """A repository with these answers."""
    resolution = QUESTIONNAIRE.resolve({**REQUIRED, **answers})
    assert resolution.problems == [], answers
    render(QUESTIONNAIRE.template, resolution.answers, folder)
    return folder
