"""From what was typed to answers, asking when there is somebody to ask; one run of `create`.

What makes a repository and asks the hub is imported when it is used: after the first question.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from scaffold.answers import habits
from scaffold.answers.questions import Questionnaire, Resolution
from scaffold.answers.reading import Given, gather
from scaffold.creation import network, unfinished
from scaffold.creation.order import Created, CreateOptions, Rework
from scaffold.destination import DESTINATION_KEY, check_destination
from scaffold.errors import BadUsage, OutsideFailure, Problem
from scaffold.runtime import interrupts, report, streams
from scaffold.runtime.progress import step

if TYPE_CHECKING:
    from scaffold.models.lookup import Looked

#: What `origins` calls a beginning.
PROTOTYPE = "the prototype"


class Beginning(Rework, Protocol):
    """Something that a repository is made of: it has answers, and what to do with the files."""

    def prefill(
        self, questionnaire: Questionnaire, given: Mapping[str, Any], *, network: bool
    ) -> dict[str, Any]:
        """Its answers, beside those that were given."""


def run_create(
    destination: Path | None,
    source: str | None,
    settings: Iterable[str],
    *,
    ask: bool,
    with_habits: bool,
    plain: bool,
    options: CreateOptions,
    model_config: Path | None = None,
    resume: bool = False,
    beginning: Beginning | None = None,
) -> Created:
    """Make a repository; `ask` allows questions, which need a terminal besides.

    With `resume` they go on where the last ones were interrupted, in place of an answers file.

    `plain` asks in lines. Habits are read `with_habits`, or when there is no answers file. A model
    that is not in the catalog is looked up on the hub, or in the file `model_config`.

    A `beginning` answers what is given nowhere else, before habits and defaults.
    """
    questionnaire = Questionnaire()
    kept = str(unfinished.existing()) if resume else None
    given = gather(kept or source, settings, questionnaire.form)
    online = not (options.offline or network.offline())
    if beginning is not None:
        given = _begun(given, beginning.prefill(questionnaire, given.values, network=online))
    problems: list[Problem] = []
    read_habits = with_habits or source is None
    if read_habits:
        questionnaire.habits, problems = habits.read(questionnaire)
    if ask and streams.on_terminal():
        if problems:
            raise BadUsage("the answers do not work", problems=problems)
        return _interactive(
            questionnaire,
            destination,
            given,
            options,
            model_config,
            beginning,
            plain=plain,
            online=online,
            resumed=resume,
        )
    if ask:
        report.talk("No terminal to ask on: taking the defaults.")
    from scaffold.creation.create import create
    from scaffold.models.lookup import COMMIT_HINT, FILE_HINT, look_up

    with step("answers"):
        looked = look_up(questionnaire, given.values, model_config, network=online)
        given = _with_found(given, looked)
        resolution = questionnaire.resolve(given.values, given.lines)
        problems += [looked.problem] if looked.problem else []
        if any(p.key == "model" for p in resolution.problems):
            # Whoever cannot have the model needs no commit of it.
            resolution.problems = [
                p for p in resolution.problems if p.key != "revision" or p.key in given.values
            ]
        if looked.unanswered and (wanting := resolution.problems + problems):
            if [p.key for p in wanting] == ["revision"]:
                raise OutsideFailure(looked.unanswered.message, hint=FILE_HINT)
            if all(p.key.startswith("models.") for p in wanting):
                raise OutsideFailure(looked.unanswered.message, hint=COMMIT_HINT)
        problems += [
            replace(p, options=habits.ways(p.key, source, read_habits=read_habits))
            if p.key in questionnaire.keys
            else p
            for p in resolution.problems
        ]
        if problems:
            hint = "" if source else "`chute-new answers > answers.yml` writes a file to fill in"
            raise BadUsage("the answers do not work", problems=problems, hint=hint)
    return create(
        questionnaire,
        destination or Path(resolution.answers["name"]),
        resolution,
        replace(options, warnings=_told(looked)),
        _origins(resolution, given.origins),
        beginning,
    )


def _interactive(
    questionnaire: Questionnaire,
    destination: Path | None,
    given: Given,
    options: CreateOptions,
    model_config: Path | None,
    beginning: Beginning | None,
    *,
    plain: bool,
    online: bool,
    resumed: bool,
) -> Created:
    from scaffold import wizard

    def find_out(answers: Mapping[str, Any]) -> "Looked":
        from scaffold.models.lookup import look_up

        return look_up(questionnaire, answers, model_config, network=online)

    folder = given.values.pop(DESTINATION_KEY, None)
    if destination is None and isinstance(folder, str):
        destination = Path(folder)
    if destination is not None:
        check_destination(destination)

    def keep(answers: Mapping[str, Any]) -> None:
        if answers != given.values and unfinished.keep(answers):
            interrupts.outcome = f"{interrupts.outcome}; `chute-new --resume` goes on from here"

    agreed = wizard.run(
        questionnaire,
        given.values,
        destination,
        keep=keep,
        plain=plain,
        look_up=find_out,
        asks=online or model_config is not None,
        resumed=resumed,
    )
    if agreed is None:
        raise SystemExit(interrupts.EXIT_CODE)
    asked = {
        key: given.origins.get(key, "asked")
        if agreed.answers[key] == given.values.get(key)
        else "asked"
        for key in agreed.chosen
    }
    # Without the defaults, which would count as given and not as habits.
    resolution = questionnaire.resolve({key: agreed.answers[key] for key in agreed.chosen})
    from scaffold.creation.create import create

    made = create(
        questionnaire,
        agreed.destination,
        resolution,
        options,
        _origins(resolution, asked),
        beginning,
    )
    if not options.dry_run:
        unfinished.forget()
    return made


def _begun(given: Given, answers: Mapping[str, Any]) -> Given:
    """What was given, and what the beginning says besides."""
    return Given(
        {**answers, **given.values},
        given.lines,
        dict.fromkeys(answers, PROTOTYPE) | given.origins,
    )


def _with_found(given: Given, looked: "Looked") -> Given:
    """What was given, and what was found out about the model."""
    return Given(
        given.values | looked.answers,
        given.lines,
        given.origins | dict.fromkeys(looked.answers, looked.origin),
    )


def _told(looked: "Looked") -> tuple[str, ...]:
    unanswered = (f"{looked.unanswered.message}.",) if looked.unanswered else ()
    return (*looked.warnings, *unanswered)


def _origins(resolution: Resolution, given: Mapping[str, str]) -> dict[str, str]:
    """Where each answer came from: an option, the wizard, a habit, or the template's default."""
    return {
        key: given.get(key) or resolution.habits.get(key, "default") for key in resolution.answers
    }
