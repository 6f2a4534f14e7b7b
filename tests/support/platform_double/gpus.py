"""The GPUs of the platform, what they cost, and which of them a selector leaves."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

TEMPLATE = Path(__file__).parents[3] / "template"
#: US dollars per TAO: any rate will do.
TAO_USD = 300.0


@dataclass(frozen=True)
class Gpu:
    """One kind of GPU."""

    memory: int
    hourly: float


def known() -> dict[str, Gpu]:
    """All kinds: the tool's own table, which was compared with the API's of May 2026."""
    table = yaml.safe_load((TEMPLATE / "data" / "gpus.yml").read_text())["gpus"]["default"]
    return {row["id"]: Gpu(row["vram_gb"], row["usd_per_hour"]) for row in table}


GPUS = known()
#: Multipliers are shares of the dearest GPU's price.
DEAREST = max(gpu.hourly for gpu in GPUS.values())


def supported(selector: dict[str, Any]) -> set[str]:
    """The GPUs that a selector leaves. KeyError: it names one in capitals."""
    left = set(selector.get("include") or GPUS) - set(selector.get("exclude") or ())
    least, most = selector.get("min_vram_gb_per_gpu"), selector.get("max_hourly_price_per_gpu")
    if least:
        left = {name for name in left if GPUS[name].memory >= least}
    if most:
        left = {name for name in left if GPUS[name].hourly <= most}
    return left - {"mi300x"} if len(left) > 1 else left


def multiplier(selector: dict[str, Any]) -> float:
    """The platform's measure of a selector. ValueError: nothing is left."""
    cheapest = min(GPUS[name].hourly for name in supported(selector))
    return (selector.get("gpu_count") or 1) * cheapest / DEAREST


def hourly(selector: dict[str, Any]) -> float:
    """US dollars an hour with the cheapest GPU that a selector leaves."""
    return DEAREST * multiplier(selector)


def price_range(selector: dict[str, Any]) -> tuple[float, float]:
    """US dollars an hour with the cheapest and with the dearest of the GPUs left."""
    rates = [GPUS[name].hourly * (selector.get("gpu_count") or 1) for name in supported(selector)]
    return min(rates), max(rates)
