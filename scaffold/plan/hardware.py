"""The same traffic on other GPUs and with other formats of the model: what is cheapest there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from scaffold.errors import BadUsage
from scaffold.plan.planner import Planner
from scaffold.plan.search import Target, Trial

# The platform lets accounts without an exemption deploy on this one only (docs/plan.md).
ORDINARY = ("pro_6000", 1)
# A search takes seconds; those with the lowest price per request are searched.
SEARCHED = 6


@dataclass(frozen=True)
class OnGpu:
    """What was found on one kind of GPU; `ordinary` accounts may deploy there."""

    model: str
    gpu: str
    gpu_count: int
    usd_per_hour: float
    seconds_per_request: float
    trial: Trial
    hours: float
    ordinary: bool

    def on(self, *, several: bool) -> str:
        """The cards, and the model where there are several."""
        model = f"{self.model.rpartition('/')[2]} on " if several else ""
        return f"{model}{self.gpu_count} x {self.gpu}"

    def as_json(self) -> dict[str, Any]:
        """One of `hardware` in the document."""
        return {
            "model": self.model,
            "gpu": self.gpu,
            "gpu_count": self.gpu_count,
            "usd_per_hour_per_instance": round(self.usd_per_hour, 4),
            "seconds_per_request": round(self.seconds_per_request, 4),
            "usd_per_hour": round(self.trial.usd / self.hours, 4),
            "deployable_by_ordinary_accounts": self.ordinary,
            **self.trial.as_json(),
        }


def compare(
    planner: Planner, target: Target, contexts: Sequence[Mapping[str, Any]] = ()
) -> tuple[OnGpu, ...]:
    """Kinds of GPU that hold the model, those meeting the target first, each group by its cost.

    `contexts` are those of the answers with each format of the model; without, its own alone.
    Those whose speed for this model nobody knows are left out, and so is measured speed: a figure
    of one card says nothing of another.
    """
    request = replace(
        planner.request, seconds_per_request=None, tokens_per_second=None, measured=None
    )
    found: list[tuple[float, str, Planner]] = []
    for context in contexts or [planner.context]:
        for gpu in context["gpus"]:
            if gpu["vram_gb"] < context["needed_gb"] or gpu["id"] in context["exclude"]:
                continue
            only = {"include": [gpu["id"]], "eligible_gpus": [gpu["id"]]}
            other = Planner({**context, **only}, request, planner.tick)
            try:
                found.append((_usd_per_request(other), gpu["id"], other))
            except BadUsage:
                continue
    nearest = sorted(found, key=lambda entry: entry[:2])
    chosen = nearest[:SEARCHED] + [e for e in nearest[SEARCHED:] if e[1] == ORDINARY[0]]
    rows = [_on(gpu, other, target) for _, gpu, other in chosen]
    return tuple(
        sorted(rows, key=lambda row: (not row.trial.meets_target, row.trial.usd / row.hours))
    )


def _usd_per_request(planner: Planner) -> float:
    """On an instance that is always full."""
    at_once = planner.concurrencies(planner.given())[0]
    seconds = planner.duration(at_once).mean
    return planner.hardware().usd_per_hour / 3600 * seconds / at_once


def _on(gpu: str, planner: Planner, target: Target) -> OnGpu:
    trial, hours = planner.quickly(target)
    count = planner.context["gpu_count"]
    return OnGpu(
        planner.context["model"],
        gpu,
        count,
        planner.hardware().usd_per_hour,
        planner.duration(trial.settings.concurrency).mean,
        trial,
        hours,
        (gpu, count) == ORDINARY,
    )
