"""The answers a repository goes on with: its own, carried over, and what was changed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scaffold.answers.questions import (
    OF_THE_MODEL,
    Question,
    Questionnaire,
    Resolution,
    uncomputable,
)
from scaffold.errors import BadUsage
from scaffold.update import migrations
from scaffold.update.migrations import Migration


@dataclass(frozen=True)
class Carried:
    """Complete answers; `new` were never asked before, `dropped` are no questions any more."""

    resolution: Resolution
    new: list[str]
    dropped: list[str]


def carry_over(
    old: Questionnaire,
    new: Questionnaire,
    steps: Sequence[Migration],
    stored: Mapping[str, Any],
    changes: Mapping[str, Any],
) -> Carried:
    """Lay `changes` over the answers `stored` for `old`, as answers of `new`.

    As in the wizard, an answer that was the default follows when another answer changes its
    default, as the tagline follows the model; what is true of one model only is dropped with it.
    """
    renamed = migrations.answers(steps, stored)
    known = {key: value for key, value in renamed.items() if key in new.keys}
    taken = migrations.answers(steps, {key: stored[key] for key in _defaults_taken(old, stored)})
    following = _following(new, known, {*taken, *_defaults_taken(new, known)}, changes)
    if changes.get("model", known.get("model")) != known.get("model"):
        following |= OF_THE_MODEL
    given = {k: v for k, v in known.items() if k not in following} | dict(changes)
    resolution = new.resolve(given)
    # What does not apply any more, such as the context length of a chute that makes pictures now.
    hidden = [key for key in given if key in resolution.derived and key not in changes]
    if hidden:
        resolution = new.resolve({k: v for k, v in given.items() if k not in hidden})
    if resolution.problems:
        raise BadUsage(
            "the answers do not work with this version",
            problems=resolution.problems,
            hint="change them in the same step: chute-new update --set KEY=VALUE",
        )
    return Carried(
        resolution,
        new=[key for key in resolution.answers if key not in renamed and key not in changes],
        dropped=[key for key in renamed if key not in resolution.answers],
    )


def _following(
    questionnaire: Questionnaire,
    known: Mapping[str, Any],
    defaults: set[str],
    changes: Mapping[str, Any],
) -> set[str]:
    """Those of the answers left at their default whose default the changes change."""
    if not changes:
        return set()
    chosen = {key: value for key, value in known.items() if key not in defaults}
    before = questionnaire.resolve(chosen).answers
    after = questionnaire.resolve(chosen | dict(changes)).answers
    return {key for key in defaults if before.get(key) != after.get(key)}


def ask_new(questionnaire: Questionnaire, carried: Carried) -> dict[str, Any]:
    """What somebody on the terminal chooses at the new questions, by key."""
    from scaffold import wizard

    known = {k: v for k, v in carried.resolution.answers.items() if k not in carried.new}
    return wizard.ask_only(questionnaire, carried.new, known)


def _context(resolution: Resolution) -> dict[str, Any]:
    return {**resolution.context, "_copier_conf": {"data": resolution.answers}}


def _questions(questionnaire: Questionnaire, keys: Iterable[str]) -> list[Question]:
    wanted = set(keys)
    return [question for question in questionnaire.questions if question.key in wanted]


def _defaults_taken(questionnaire: Questionnaire, stored: Mapping[str, Any]) -> Iterable[str]:
    """The stored answers that are their question's default."""
    context = _context(questionnaire.resolve(stored))
    for question in _questions(questionnaire, stored):
        if question.required:
            continue
        try:
            default = questionnaire.default(question, context)
        except uncomputable():
            continue
        if default == stored[question.key]:
            yield question.key
