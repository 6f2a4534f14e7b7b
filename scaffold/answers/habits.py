"""What a person answers every time: CHUTE_NEW_* variables and the defaults file.

They change the default of a question and nothing else, so whoever gives an answer wins, and a run
with an answers file does not depend on whose machine it is on: it reads none of them unless asked.
"""

import difflib
import os
from collections.abc import Mapping
from pathlib import Path

from scaffold.answers import reading
from scaffold.answers.questions import Habit, Questionnaire
from scaffold.errors import BadUsage, Problem
from scaffold.runtime import folders

ENVIRONMENT = "CHUTE_NEW_"
# Variables of this program that are no answers.
OWN = frozenset({"REGISTRY"})
# How near a name must be to one of an answer before it counts as a typing mistake.
NEARNESS = 0.8

Habits = dict[str, Habit]


def variable(key: str) -> str:
    """The variable that holds the habit for this key."""
    return f"{ENVIRONMENT}{key.upper()}"


def file(environment: Mapping[str, str]) -> Path | None:
    """The defaults file, whether it exists or not; None without a home."""
    folder = folders.own("XDG_CONFIG_HOME", ".config", environment)
    return folder and folder / "defaults.yml"


def read(
    questionnaire: Questionnaire, environment: Mapping[str, str] | None = None
) -> tuple[Habits, list[Problem]]:
    """The defaults file with the environment over it, and the names in them that are wrong.

    Values are checked when they become answers. Raises BadUsage for a file that cannot be read.
    """
    environment = os.environ if environment is None else environment
    problems: list[Problem] = []
    habits = _of_file(questionnaire, file(environment), problems)
    habits |= _of_environment(questionnaire, environment, problems)
    return habits, problems


def _of_file(questionnaire: Questionnaire, path: Path | None, problems: list[Problem]) -> Habits:
    if path is None or not _there(path):
        return {}
    try:
        given = reading.read(str(path), may_be_empty=True)
    except BadUsage as stop:
        if str(path) in stop.message:
            raise
        message = f"{path}: {stop.message}"
        raise BadUsage(message, hint=stop.hint, problems=stop.problems) from stop
    origins = {key: f"line {given.lines[key]} of {path}" for key in given.values}
    for key in given.values.keys() - set(questionnaire.keys):
        wrong = questionnaire.unknown(key, given.values.pop(key))
        problems.append(
            Problem(wrong.key, wrong.value, f"{wrong.message}; it comes from {origins[key]}")
        )
    return {key: Habit(value, origins[key]) for key, value in given.values.items()}


def _there(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # in a folder of somebody else
        return False


def _of_environment(
    questionnaire: Questionnaire, environment: Mapping[str, str], problems: list[Problem]
) -> Habits:
    """The variables that name answers; an empty one is as good as none."""
    known = {key.upper(): key for key in questionnaire.keys}
    found = {}
    for name, value in environment.items():
        short = name.removeprefix(ENVIRONMENT)
        if not name.startswith(ENVIRONMENT) or short in OWN or not value:
            continue
        text = reading.utf_8(value)
        if short not in known:
            if near := difflib.get_close_matches(short, known, n=1, cutoff=NEARNESS):
                message = f"is not a setting; did you mean {variable(near[0])}?"
                problems.append(Problem(name, None, message))
        elif not reading.encodable(text):
            problems.append(Problem(name, None, "is not UTF-8 text"))
        else:
            key = known[short]
            found[key] = Habit(reading.typed(text, questionnaire.form(key)), name)
    return found


def ways(key: str, source: str | None, *, read_habits: bool) -> tuple[str, ...]:
    """How a question is answered without being asked, in a run with the answers file `source`."""
    where = "on standard input" if source == "-" else f"in {source or '--answers FILE'}"
    habit = (f"{variable(key)}=VALUE",) if read_habits else ()
    return (f"--set {key}=VALUE", f"{key}: VALUE {where}", *habit)
