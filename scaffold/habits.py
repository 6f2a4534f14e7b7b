"""What a person answers every time: CHUTE_NEW_* variables and the defaults file.

They change the default of a question and nothing else, so whoever gives an answer wins, and a run
with an answers file does not depend on whose machine it is on: it reads none of them unless asked.
"""

import difflib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from scaffold import answers
from scaffold.answers import Given
from scaffold.errors import BadUsage, Problem
from scaffold.questions import ENVIRONMENT, Questionnaire

# Variables of this program that are no answers.
OWN = frozenset({"REGISTRY", "MEMORY"})
# How near a name must be to one of an answer before it counts as a typing mistake.
NEARNESS = 0.8


@dataclass
class Habits:
    """Defaults by key; `origins` says where each stands, in words."""

    values: dict[str, Any] = field(default_factory=dict)
    origins: dict[str, str] = field(default_factory=dict)

    def named(self, problems: Iterable[Problem], given: Given) -> list[Problem]:
        """Problems with a habit say where it stands; those with an answer are left as they are."""
        return [
            replace(problem, message=f"{problem.message}; it comes from {origin}")
            if (origin := self.origins.get(problem.key)) and problem.key not in given.values
            else problem
            for problem in problems
        ]


def file() -> Path | None:
    """The defaults file, whether it exists or not; None without a home."""
    import typer

    try:
        return Path(typer.get_app_dir("chute-new")) / "defaults.yml"
    except RuntimeError:
        return None


def read(questionnaire: Questionnaire, environment: Mapping[str, str] | None = None) -> Habits:
    """The defaults file, and the environment over it. Raises BadUsage for names that are wrong."""
    habits = Habits()
    path = file()
    if path is not None and path.is_file() and path.stat().st_size:
        given = answers.read(str(path))
        _refuse_unknown(questionnaire, given, path)
        habits.values |= given.values
        habits.origins |= {key: f"line {given.lines[key]} of {path}" for key in given.values}
    variables = _variables(questionnaire, os.environ if environment is None else environment)
    habits.values |= variables
    habits.origins |= {key: f"{ENVIRONMENT}{key.upper()}" for key in variables}
    return habits


def _refuse_unknown(questionnaire: Questionnaire, given: Given, path: Path) -> None:
    wrong = [
        Problem(key, None, "is not a question", given.lines[key])
        for key in given.values
        if key not in questionnaire.keys
    ]
    if wrong:
        raise BadUsage(f"{path} does not work", problems=wrong)


def _variables(questionnaire: Questionnaire, environment: Mapping[str, str]) -> dict[str, Any]:
    """The variables that name answers; an empty one is as good as none."""
    known = {key.upper(): key for key in questionnaire.keys}
    found = {}
    problems = []
    for name, value in environment.items():
        short = name.removeprefix(ENVIRONMENT)
        if not name.startswith(ENVIRONMENT) or short in OWN or not value:
            continue
        if short in known:
            found[known[short]] = answers.typed(value, questionnaire.form(known[short]))
        elif near := difflib.get_close_matches(short, known, n=1, cutoff=NEARNESS):
            message = f"is not a setting; did you mean {ENVIRONMENT}{near[0]}?"
            problems.append(Problem(name, value, message))
    if problems:
        raise BadUsage("the environment does not work", problems=problems)
    return found
