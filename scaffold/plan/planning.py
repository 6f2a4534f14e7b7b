"""One plan: from answers and traffic to sizing, simulations, a search and what to know."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from scaffold import cost, memory
from scaffold.plan import caveats
from scaffold.plan.assumptions import assumptions
from scaffold.plan.cadence import End, ends
from scaffold.plan.hardware import OnGpu
from scaffold.plan.measured import Measured, as_json
from scaffold.plan.planner import Planner
from scaffold.plan.remedies import Remedy, sentence
from scaffold.plan.rules import RuleBook
from scaffold.plan.search import Target, Trial, best, pareto
from scaffold.plan.sizing import Sizing, size_alone, size_llm
from scaffold.plan.traffic import Traffic


@dataclass(frozen=True)
class Plan:
    """Everything a plan says."""

    context: Mapping[str, Any]
    sizing: Sizing
    traffic: Traffic
    target: Target
    given: Trial
    chosen: Trial
    trials: tuple[Trial, ...]
    searched_hours: float
    cadences: tuple[End, ...]
    warnings: tuple[str, ...]
    rules: RuleBook
    measured: Measured | None = None
    hardware: tuple[OnGpu, ...] = ()
    remedies: tuple[Remedy, ...] = ()

    @property
    def front(self) -> list[Trial]:
        """The Pareto front of what was tried."""
        return pareto(self.trials, self.target)

    @property
    def compares_models(self) -> bool:
        """Does `hardware` have the model in several formats?"""
        return len({row.model for row in self.hardware}) > 1

    @property
    def answers(self) -> dict[str, Any]:
        """The chosen settings by answer key."""
        return self.chosen.settings.as_json()

    def helped(self, found: tuple[Remedy, ...]) -> "Plan":
        """The same plan, which says after the first warning what would meet the target."""
        told = (*self.warnings[:1], sentence(found), *self.warnings[1:])
        return replace(self, remedies=found, warnings=told)

    def as_json(self) -> dict[str, Any]:
        """The document `plan --json` prints."""
        return {
            "sizing": self.sizing.as_json(),
            "settings": self.answers,
            "cost": cost.as_json(cost.estimate({**self.context, **self.answers})),
            "result": self.chosen.result.as_json(),
            "meets_target": self.chosen.meets_target,
            "target": {"p95_s": self.target.p95_s, "refused_share": self.target.refused_share},
            "cadences": [end.as_json() for end in self.cadences],
            "given": self.given.as_json(),
            "alternatives": [trial.as_json() for trial in self.front],
            "hardware": [row.as_json() for row in self.hardware],
            "remedies": [remedy.as_json() for remedy in self.remedies],
            "searched": {"settings": len(self.trials), "hours": round(self.searched_hours, 3)},
            "traffic": {
                "label": self.traffic.label,
                "hours": self.traffic.hours,
                "mean_rps": round(self.traffic.mean_rate, 6),
                "peak_rps": round(self.traffic.peak, 6),
            },
            "rules": {
                name: {"value": self.rules.value(name), "source": source}
                for name, source in self.rules.sources.items()
            },
            "measured": as_json(self.measured) if self.measured else None,
            "warnings": list(self.warnings),
        }


def make(planner: Planner) -> Plan:
    """Size, simulate the given settings, search for better ones."""
    given = planner.given()
    sizing = _sizing(planner, given.concurrency)
    target = planner.target()
    cut = planner.hopeless(planner.traffic) if planner.request.search else math.inf
    given_trial = planner.judged(given, target, hopeless_at=cut)
    trials, hours = planner.thoroughly(target) if planner.request.search else ([], 0.0)
    chosen = planner.judged(best(trials, target).settings, target) if trials else given_trial
    if given_trial.meets_target and given_trial.usd <= chosen.usd:
        chosen = given_trial
    found = ends(planner, chosen, trials, target)
    return Plan(
        planner.context,
        sizing,
        planner.traffic,
        target,
        given_trial,
        chosen,
        tuple(trials),
        hours,
        found,
        tuple(caveats.warnings(planner, chosen, target, found)),
        planner.book,
        planner.measured,
    )


def _sizing(planner: Planner, concurrency: int) -> Sizing:
    context, model = planner.context, planner.anatomy
    found = tuple(assumptions(planner))
    if model:
        shape = model.shape
        engine = planner.measured.engine if planner.measured else None
        fits = size_llm(context, model, planner.tokens, planner.budget, concurrency, engine)
        length, count = context["context_length"], context["gpu_count"]
        return Sizing(
            round(shape.weights_gib, 3),
            shape.kv_bytes_per_token,
            round(memory.needed_gb(shape, count, length, planner.budget), 2),
            fits,
            found,
        )
    entry = context["entry"]
    needed = float(
        entry["memory_gb"] if entry and not planner.is_llm else context["min_vram_gb_per_gpu"]
    )
    fits = () if planner.is_llm else size_alone(context, needed, concurrency, planner.seconds_on)
    return Sizing(None, None, needed, fits, found)
