"""Loads generated chutes on the real SDK, many in the time of one: see `loader.py`."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from scaffold.answers.questions import Questionnaire
from scaffold.creation import verify


class Loader:
    """The process that loads chutes on the real SDK."""

    def __init__(self) -> None:
        environment = {k: v for k, v in os.environ.items() if not k.startswith("CHUTES_")}
        environment |= {"CHUTES_ALLOW_MISSING": "true", "PYTHONDONTWRITEBYTECODE": "1"}
        self.process = subprocess.Popen(
            [sys.executable, "-P", Path(__file__).with_name("loader.py")],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __call__(self, folder: Path) -> Any:
        """What the variants of one folder declare, or what went wrong as text."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{folder}\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def end(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.communicate()


def assert_as_answered(
    folder: Path, document: dict[str, Any], load: Loader, questionnaire: Questionnaire
) -> None:
    """The repository is whole, has no finding, and is to the SDK what was answered."""
    context = questionnaire.resolve(document["answers"]).context
    assert verify.verify(folder, document["files"], context, load=False) == []
    variants = load(folder)
    assert isinstance(variants, dict), variants
    assert "error" not in variants, variants
    assert list(verify.unkept(variants, context)) == []
