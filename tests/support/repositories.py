"""Repositories as the template alone makes them."""

import os
import subprocess
import sys
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


def passes(repository: Path, *tests: str) -> None:
    """Fail with what pytest says unless these tests of a repository pass, with our packages."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests],
        cwd=repository,
        env={k: v for k, v in os.environ.items() if not k.startswith(("CHUTES_", "PYTEST_"))},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
