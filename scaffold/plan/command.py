"""One run of `plan`: from a repository, an answers file or nothing to a plan."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from scaffold.answers.questions import Questionnaire
from scaffold.answers.reading import Given, assign, gather
from scaffold.errors import BadUsage
from scaffold.generated import module, record
from scaffold.plan.formats import others
from scaffold.plan.hardware import compare
from scaffold.plan.planner import Planner
from scaffold.plan.planning import Plan, make
from scaffold.plan.remedies import remedies
from scaffold.plan.request import Request
from scaffold.plan.search import Target, Trial
from scaffold.plan.simulation import Result
from scaffold.plan.writing import Change, answers_change, chute_change
from scaffold.runtime import progress

# A plan needs no name; answers files may leave these out here.
_PLACEHOLDERS = {"username": "somebody", "name": "my-chute"}


def run_plan(
    path: Path | None,
    source: str | None,
    settings: list[str],
    request: Request,
    *,
    compare_gpus: bool = False,
    compare_variants: bool = False,
) -> Plan:
    """The plan for a repository at `path`, or for the answers of `source` and `--set`.

    Where its settings miss the target it says which single change would meet it.
    """
    request.check()
    questionnaire = Questionnaire()
    given = _given(questionnaire, path, source, settings)
    resolution = questionnaire.resolve({**_PLACEHOLDERS, **given.values}, given.lines)
    if resolution.problems:
        raise BadUsage("the answers do not work", problems=resolution.problems)

    def resolve(changed: Mapping[str, Any]) -> Mapping[str, Any] | None:
        other = questionnaire.resolve({**_PLACEHOLDERS, **given.values, **changed})
        return None if other.problems else other.context

    with progress.tally("Simulating: {}") as tick:
        planner = Planner(resolution.context, request, tick)
        plan = make(planner)
        if request.search and not plan.chosen.meets_target:
            plan = plan.helped(remedies(planner, plan.chosen, plan.target, resolve))
        if not compare_gpus and not compare_variants:
            return plan
        contexts = [planner.context]
        if compare_variants:
            contexts += filter(None, map(resolve, others(planner.context)))
        return replace(plan, hardware=compare(planner, plan.target, contexts))


def _given(
    questionnaire: Questionnaire, path: Path | None, source: str | None, settings: list[str]
) -> Given:
    if path is not None and source is not None:
        raise BadUsage("give a repository or --answers FILE, not both")
    if path is not None:
        return assign(record.given(path), settings, questionnaire.form)
    return gather(source, settings, questionnaire.form)


def changes(plan: Plan, path: Path | None, source: str | None) -> list[Change]:
    """What `--write` would change: the answers file, or the repository's chute.py and answers.

    `keep_warm` is left out of repositories: it brings files, so `chute-new update` changes it.
    """
    if source is not None and source != "-":
        return [answers_change(Path(source), plan.answers)]
    if path is None:
        raise BadUsage(
            "--write needs something to write to", hint="a repository, or --answers FILE"
        )
    settings = {key: value for key, value in plan.answers.items() if key != "keep_warm"}
    return [
        chute_change(path / module.NAME, settings),
        answers_change(path / record.NAME, settings),
    ]


@dataclass(frozen=True)
class Suggestion:
    """The scaling answers by key, and what they came to in the simulation."""

    answers: dict[str, Any]
    trial: Trial
    target: Target
    hours: float

    def says(self) -> str:
        """In a sentence or two."""
        verdict = (
            "" if self.trial.meets_target else " That misses the target; nothing tried meets it."
        )
        told = [self._outcome(result) for result in self.trial.ends]
        if len(set(told)) == 1:
            return f"{told[0][0].upper()}{told[0][1:]}.{verdict}"
        often = " ".join(
            f"Every {result.autoscaler_seconds:,g} s, {outcome}."
            for result, outcome in zip(self.trial.ends, told, strict=True)
        )
        return (
            "How often the platform runs its autoscaler is not public; the answers are judged at "
            f"both ends of what is known. {often}{verdict}"
        )

    def _outcome(self, result: Result) -> str:
        perday = result.usd * 24 / self.hours
        return (
            f"about ${perday:,.2f} a day: 95 of 100 answers within {result.p95_s:.1f} s, "
            f"{result.refused_share:.2%} never answered, {result.instances_mean:.1f} instances on "
            "average"
        )


def suggest(
    answers: Mapping[str, Any], traffic: Mapping[str, Any], target: Mapping[str, Any]
) -> Suggestion:
    """The scaling answers for the wizard's "help me choose", found by a small search.

    `answers` so far, by key; `traffic` with `rps` and whatever else of `Request` is known
    (`hours`, `pattern`, `seconds_per_request`, `tokens_in`, `tokens_out`, ...); `target` with
    `p95_s` and `refused_share`, or empty. Raises `BadUsage` when the answers do not work, and when
    nothing is known about the model's speed and `seconds_per_request` is missing.
    """
    request = Request(
        **{
            **traffic,
            "target_p95": target.get("p95_s"),
            "target_refused": target.get("refused_share", Request.target_refused),
        }
    )
    resolution = Questionnaire().resolve({**_PLACEHOLDERS, **answers})
    if resolution.problems:
        raise BadUsage("the answers do not work", problems=resolution.problems)
    planner = Planner(resolution.context, request)
    wanted = planner.target()
    trial, hours = planner.quickly(wanted)
    return Suggestion(trial.settings.as_json(), trial, wanted, hours)
