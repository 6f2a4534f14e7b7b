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


def table(costs: Mapping[str, Any]) -> list[str]:
    """Both variants side by side, prices in US dollars."""
    rows = [
        ("", ["prod", "staging"]),
        *(
            (title, [show(costs[variant]) for variant in ("prod", "staging")])
            for title, show in (
                ("GPU", _gpus),
                ("per instance and hour", _range),
                ("at most per hour", lambda variant: f"${variant['usd_per_hour_cap']:.2f}"),
                ("deployment fee, once", lambda variant: f"${variant['deployment_fee_usd']:.2f}"),
            )
        ),
    ]
    return [f"  {title:<22} {prod:<24} {staging}".rstrip() for title, (prod, staging) in rows]


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


def _gpus(cost: Mapping[str, Any]) -> str:
    names = cost["gpus"]
    return ", ".join(names) if len(names) < 3 else f"{len(names)} kinds"


def _range(cost: Mapping[str, Any]) -> str:
    price = cost["usd_per_hour_per_instance"]
    low, high = f"${price['min']:.2f}", f"${price['max']:.2f}"
    return low if low == high else f"{low} to {high}"
