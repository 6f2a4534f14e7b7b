"""What a chute will cost, from the dated price table of the template."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

# The fee for the first deployment of a name: three times the hourly estimate (platform, 2026).
FEE_HOURS = 3


@dataclass(frozen=True)
class Cost:
    """Prices of one variant in US dollars; `gpus` are those the platform may choose from."""

    gpus: list[str]
    usd_per_hour_per_instance: dict[str, float]
    usd_per_hour_cap: float
    deployment_fee_usd: float


def estimate(context: Mapping[str, Any]) -> dict[str, Cost]:
    """Cost of both variants; `context` is that of a resolution without problems."""
    return {
        "prod": _cost(context, context["max_instances"]),
        "staging": _cost(context, context["staging_max_instances"]),
    }


def as_json(costs: Mapping[str, Cost]) -> dict[str, dict[str, Any]]:
    """The shape `create --json` and `plan --json` print."""
    return {variant: asdict(cost) for variant, cost in costs.items()}


def _cost(context: Mapping[str, Any], max_instances: int) -> Cost:
    eligible = context["eligible_gpus"]
    prices = [gpu["usd_per_hour"] for gpu in context["gpus"] if gpu["id"] in eligible]
    count = context["gpu_count"]
    low, high = min(prices) * count, max(prices) * count
    return Cost(
        gpus=list(eligible),
        usd_per_hour_per_instance={"min": round(low, 4), "max": round(high, 4)},
        usd_per_hour_cap=round(high * max_instances, 4),
        deployment_fee_usd=round(low * FEE_HOURS, 4),
    )
