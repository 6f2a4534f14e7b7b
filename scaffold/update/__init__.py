"""Brings a generated repository to another version of the template, or to other answers."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from scaffold.answers.questions import Questionnaire
from scaffold.answers.reading import gather
from scaffold.runtime import streams
from scaffold.update.history import opened
from scaffold.update.run import Updated, UpdateOptions, update
from scaffold.update.run import check as _check

__all__ = ["Updated", "run_update"]


def run_update(
    folder: Path,
    source: str | None,
    settings: Iterable[str],
    *,
    to: str = "",
    ask: bool = False,
    check: bool = False,
    dry_run: bool = False,
) -> Updated:
    """Update the repository at `folder`, or say what an update would bring.

    `source` and `settings` change answers in the same step; `ask` allows new questions, which need
    a terminal besides.
    """
    options = UpdateOptions(to=to, dry_run=dry_run, ask=ask and streams.on_terminal())

    def changes(questionnaire: Questionnaire) -> Mapping[str, Any]:
        return gather(source, settings, questionnaire.form).values

    with opened() as history:
        if check:
            return _check(folder, options, history)
        return update(folder, changes, options, history)
