"""From what was typed to answers, asking when there is somebody to ask; one run of `create`."""

import sys
from collections.abc import Iterable
from pathlib import Path

from scaffold import report
from scaffold.answers import Given, assign, read
from scaffold.create import Created, Options, create
from scaffold.errors import BadUsage
from scaffold.interrupts import EXIT_CODE
from scaffold.publish import check_destination
from scaffold.questions import Questionnaire


def run_create(
    destination: Path | None,
    source: str | None,
    settings: Iterable[str],
    *,
    ask: bool,
    options: Options,
) -> Created:
    """Make a repository; `ask` allows questions, which need a terminal besides."""
    questionnaire = Questionnaire()
    given = given_answers(questionnaire, source, settings)
    if ask and on_terminal():
        return _interactive(questionnaire, destination, given, options)
    if ask:
        report.talk("No terminal to ask on: taking the defaults.")
    resolution = questionnaire.resolve(given.values, given.lines)
    if resolution.problems:
        hint = "" if source else "`chute-new answers > answers.yml` writes a file to fill in"
        raise BadUsage("the answers do not work", problems=resolution.problems, hint=hint)
    return create(
        questionnaire, destination or Path(resolution.answers["name"]), resolution, options
    )


def given_answers(
    questionnaire: Questionnaire, source: str | None, settings: Iterable[str]
) -> Given:
    """What an answers file and `--set` say, the latter winning."""
    texts = [q.key for q in questionnaire.questions if q.kind == "str" and not q.multiselect]
    lists = [q.key for q in questionnaire.questions if q.multiselect]
    return assign(read(source) if source else Given(), settings, texts, lists)


def on_terminal() -> bool:
    """Is there somebody to ask?"""
    return sys.stdin is not None and sys.stdin.isatty()


def _interactive(
    questionnaire: Questionnaire, destination: Path | None, given: Given, options: Options
) -> Created:
    from scaffold import wizard

    if destination is not None:
        check_destination(destination)
    chosen = wizard.run(questionnaire, given.values, destination)
    if chosen is None:
        raise SystemExit(EXIT_CODE)
    path, answers = chosen
    return create(questionnaire, path, questionnaire.resolve(answers), options)
