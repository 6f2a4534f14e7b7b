"""The answers so far name a model that is not in the catalog: find out about it, and learn it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from scaffold.answers import addresses
from scaffold.answers.questions import Questionnaire
from scaffold.errors import BadUsage, Failed, OutsideFailure, Problem
from scaffold.models import by_name, hub, named

ORIGIN, ITS_NAME = "the model hub", "the model's name"
COMMIT_HINT = "name each with its commit: owner/name@commit"
FILE_HINT = "name its commit with revision, and --model-config FILE sizes it without a network"


@dataclass(frozen=True)
class Looked:
    """What a look-up came to, besides what the questionnaire learned: the model, or refusals of it.

    `answers` are found out for whoever did not give them, from where `origin` says, `problem` says
    that there was nothing to look up, and `unanswered` that the hub could not be asked.
    """

    answers: dict[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    problem: Problem | None = None
    unanswered: OutsideFailure | None = None
    origin: str = ORIGIN


def look_up(
    questionnaire: Questionnaire,
    given: Mapping[str, Any],
    config: Path | None = None,
    *,
    network: bool = True,
) -> Looked:
    """Ask the hub about the model of these answers, or read its config.json from a file.

    Where the hub cannot be asked the model's name must do.

    Nothing is asked about models of the catalog, nor while the id or the commit is wrong. Of models
    of one's own those are asked for that come without a commit.
    """
    if given.get("workload") == "custom" and config is None:
        return _own(given, network=network)
    if config is None and "model" not in given and "model" not in questionnaire.habits:
        return Looked()
    resolution = questionnaire.resolve(given)
    wrong = {problem.key for problem in resolution.problems if problem.key in given}
    answers = resolution.context
    workload, model, entry = answers["workload"], answers["model"], answers["entry"]
    if config and (useless := _useless(config, answers)):
        return Looked(problem=useless)
    if workload not in named.READERS or entry or wrong & {"workload", "model", "revision", "task"}:
        return Looked()
    revision, task = str(given.get("revision") or ""), given.get("task")
    if not config and not network:
        return _by_name(questionnaire, given, answers)
    try:
        found = (
            named.in_files(model, config, revision, task)
            if config
            else named.on_hub(workload, model, revision, task)
        )
    except BadUsage as stop:
        _refuse(questionnaire, answers, stop.message)
        return Looked()
    if found.unanswered:
        return replace(_by_name(questionnaire, given, answers), unanswered=found.unanswered)
    known = dict(found.answers)
    if found.learned:
        entry = found.learned.entry
        questionnaire.learn(model, entry, found.learned.refusals)
        known |= {key: entry[key] for key in ("revision", "gated")} if entry and not config else {}
    return Looked(
        {
            key: value
            for key, value in known.items()
            if key not in given and key not in questionnaire.habits
        },
        warnings=found.warnings,
    )


def _refuse(questionnaire: Questionnaire, answers: Mapping[str, Any], why: str) -> None:
    """No engine of the workload serves the model."""
    served = (engine["id"] for engine in answers["engines"][answers["workload"]])
    questionnaire.learn(answers["model"], None, dict.fromkeys(served, why))


def _by_name(
    questionnaire: Questionnaire, given: Mapping[str, Any], answers: Mapping[str, Any]
) -> Looked:
    """What is known of a model that nobody can be asked about."""
    workload, model, task = answers["workload"], answers["model"], given.get("task")
    if why := by_name.refusal(model, task, workload):
        _refuse(questionnaire, answers, why)
        return Looked()
    kind = by_name.kind(model)
    if kind is None or task is not None or "task" in questionnaire.habits:
        return Looked()
    return Looked({"task": kind.tasks[workload][0]}, origin=ITS_NAME)


def _own(given: Mapping[str, Any], *, network: bool) -> Looked:
    """The newest commit of each of `models` that has none, and how large it is."""
    models = given.get("models")
    if not isinstance(models, list):
        return Looked()
    told, gated = [addresses.pinned(model) for model in models], False
    warnings: list[str] = []
    for place, model in enumerate(told):
        if not network or not addresses.without_commit(model):
            continue
        try:
            found = hub.newest(model)
        except Failed as error:
            return Looked(problem=Problem(f"models.{place}", model, error.message))
        except OutsideFailure as error:
            return Looked(unanswered=error)
        told[place] = f"{model}@{found.commit}"
        gated = gated or found.gated
        size = sum(each.size for each in found.files if each.path.endswith(".safetensors"))
        warnings.append(
            f"{model} was taken as it is now, {size / 1e9:.1f} GB of weights in safetensors."
        )
    answers: dict[str, Any] = {"models": told} if told != models else {}
    if gated and "gated" not in given:
        answers["gated"] = True
    return Looked(answers, tuple(warnings))


def _useless(config: Path, answers: Mapping[str, Any]) -> Problem | None:
    """A config.json for what needs none would be read by nobody."""
    if answers["workload"] != "llm":
        why = f"is for workload llm, not {answers['workload']}"
    elif answers["entry"]:
        why = f"is for a model that is not in the catalog, and {answers['model']} is"
    else:
        return None
    return Problem("--model-config", str(config), why)
