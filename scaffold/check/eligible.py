"""Which cards a selector lets the platform assign."""

from typing import Any

from scaffold.check import sdk
from scaffold.check.declared import Selector


def may_run_on(selector: Selector | None, gpu: str) -> bool | None:
    """Does a selector let this card be assigned? None when its settings cannot be seen."""
    if selector is None:
        return None
    found: dict[str, Any] = {}
    for name in sdk.SELECTOR:
        value = selector.value(name)
        if value.given and not value.known:
            return None
        found[name] = value.value if value.given else None
    include, exclude = ([str(n).lower() for n in found[k] or []] for k in ("include", "exclude"))
    least, dearest = found["min_vram_gb_per_gpu"] or 16, found["max_hourly_price_per_gpu"]
    return gpu in eligible(include, exclude, least, dearest)


def eligible(include: list[str], exclude: Any, least: Any, dearest: Any) -> list[str]:
    """The cards that fit all of it."""
    return [
        id
        for id, gpu in sdk.gpus().items()
        if (not include or id in include)
        and id not in exclude
        and gpu["vram_gb"] >= least
        and (dearest is None or gpu["usd_per_hour"] <= dearest)
    ]
