"""Show what the chutes cost now, what they can cost at most, and the balance: `make cost`."""

from __future__ import annotations

import argparse
from typing import Any

from chutekit.ops.command import Result, options, run
from chutekit.ops.declared import Declared, declared, settings
from chutekit.ops.live import Live
from chutekit.ops.platform import Platform
from chutekit.ops.session import session

MONTH_HOURS = 730


def cost(arguments: argparse.Namespace) -> Result:
    """Add up both chutes, with the platform's prices where it tells them."""
    platform, prod = session("prod")
    balance = platform.me().get("balance")
    both = [_chute(platform, wanted) for wanted in (prod, declared("staging"))]
    lines = [_line(facts) for facts in both]
    if isinstance(balance, int | float):
        lines.append(f"balance: ${balance:.2f}")
    return Result("\n".join(lines), {"balance_usd": balance, "chutes": both})


def _chute(platform: Platform, wanted: Declared) -> dict[str, Any]:
    chute = platform.chute(wanted.chute_id, wanted.name)
    found = Live(chute or {})
    told = _told(found.chute)
    cheapest, dearest = prices(found.chute, wanted)
    most = wanted.settings["max_instances"]
    return {
        "name": wanted.name,
        "deployed": chute is not None,
        "source": "platform" if told else "estimate",
        "active": found.active,
        "usd_per_hour_per_instance": {"min": cheapest, "max": dearest},
        "usd_per_hour_now": {"min": found.active * cheapest, "max": found.active * dearest},
        "usd_per_hour_cap": most * dearest,
    }


def prices(chute: dict[str, Any], wanted: Declared) -> tuple[float, float]:
    """Return the least and the most that an instance costs an hour, in US dollars."""
    return _told(chute) or _estimated(wanted)


def _told(chute: dict[str, Any]) -> tuple[float, float] | None:
    price = chute.get("current_estimated_price") or {}
    spread = (price.get("hourly_price_range") or {}).get("usd") or {}
    if {"min", "max"} <= spread.keys():
        return spread["min"], spread["max"]
    hour = (price.get("usd") or {}).get("hour")
    return (hour, hour) if hour else None


def _estimated(wanted: Declared) -> tuple[float, float]:
    count = wanted.selector["gpu_count"]
    prices = settings().usd_per_hour.values()
    return min(prices) * count, max(prices) * count


def _line(facts: dict[str, Any]) -> str:
    now, cap = facts["usd_per_hour_now"], facts["usd_per_hour_cap"]
    each = facts["usd_per_hour_per_instance"]
    return (
        f"{facts['name']}: {facts['active']} active, {_spread(now)} an hour now; "
        f"{_spread(each)} an hour per instance ({facts['source']}); "
        f"at most ${cap:.2f} an hour, ${cap * MONTH_HOURS:.0f} a month"
    )


def _spread(price: dict[str, float]) -> str:
    if price["min"] == price["max"]:
        return f"${price['min']:.2f}"
    return f"${price['min']:.2f} to ${price['max']:.2f}"


if __name__ == "__main__":
    run(cost, options(__doc__))
