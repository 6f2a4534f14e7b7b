"""The platform's rules as data: `platform.yml`, a named generation of it, or a file of changes."""

import math
from dataclasses import dataclass, fields, replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from scaffold.errors import BadUsage, Problem

SAMPLES = ("arrival", "clock")
# The one rule of which a range may be all that is known.
RANGED = "autoscaler_seconds"


@dataclass(frozen=True)
class Rules:
    """One value per rule; `platform.yml` says what each means and where it is written."""

    autoscaler_seconds: float
    removal_seconds: float
    refresher_seconds: float
    short_window_seconds: float
    long_window_seconds: float
    scrape_seconds: float
    utilization_sample: str
    sample_refresh_seconds: float
    step: int
    sticky_seconds: float
    increase_limit: int
    established_seconds: float
    removal_min_active: int
    bounty_seconds: float
    bounty_cooldown_seconds: float
    idle_timer_seconds: float
    losses_per_instance_day: float
    drain_seconds: float
    activation_max_seconds: float

    def changed(self, **values: Any) -> "Rules":
        """The same rules but for `values`."""
        return replace(self, **values)


@dataclass(frozen=True)
class RuleBook:
    """The rules with the source of each; nobody outside knows more of the cadence than its range.

    `ends` are the same rules with the shortest and with the longest time between two runs of the
    autoscaler, or one set of rules where that is known.
    """

    ends: tuple[Rules, ...]
    sources: dict[str, str]

    @property
    def rules(self) -> Rules:
        """The rules at the short end."""
        return self.ends[0]

    def value(self, name: str) -> Any:
        """What a rule says: a pair if that is a range."""
        values = [getattr(rules, name) for rules in self.ends]
        return values[0] if len(set(values)) == 1 else values


@cache
def _document() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("platform.yml").read_bytes())
    return document


def generations() -> list[str]:
    """The names under which `platform.yml` keeps other versions of the rules."""
    return list(_document()["generations"])


def rule_book(changes: str | None = None) -> RuleBook:
    """The rules, with `changes`: the name of a generation or a YAML file of rules."""
    entries = dict(_document()["rules"])
    if changes:
        known = _document()["generations"]
        entries |= known[changes] if changes in known else _from_file(changes)
    values = {name: entry["value"] for name, entry in entries.items()}
    cadence = values.pop(RANGED)
    ends = tuple(cadence) if isinstance(cadence, list) else (cadence,)
    return RuleBook(
        tuple(Rules(**values, **{RANGED: seconds}) for seconds in ends),
        {name: entry["source"] for name, entry in entries.items()},
    )


def _from_file(name: str) -> dict[str, dict[str, Any]]:
    try:
        given = yaml.safe_load(Path(name).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        known = ", ".join(_document()["generations"])
        raise BadUsage(
            f"cannot read platform rules from {name}", hint=f"a YAML file, or one of: {known}"
        ) from error
    if not isinstance(given, dict):
        raise BadUsage(f"{name} is not a mapping of rules: write one `name: value` per line")
    given = given.get("rules", given)
    entries, problems = {}, []
    for key, entry in given.items():
        value = entry.get("value") if isinstance(entry, dict) else entry
        source = entry.get("source") if isinstance(entry, dict) else None
        if message := _wrong(str(key), value):
            problems.append(Problem(str(key), value, message))
        entries[str(key)] = {"value": value, "source": source or f"given in {Path(name).name}"}
    if problems:
        raise BadUsage(f"{name} does not work", problems=problems)
    return entries


def _wrong(key: str, value: Any) -> str:
    kinds = {field.name: field.type for field in fields(Rules)}
    if key not in kinds:
        return f"is no rule; known: {', '.join(kinds)}"
    if key == RANGED and isinstance(value, list):
        wrong = "" if len(value) == 2 else "must be a number, or two: the ends of a range"
        wrong = wrong or next(filter(None, (_wrong(key, end) for end in value)), "")
        return wrong or ("" if value[0] < value[1] else "must have the shorter time first")
    if kinds[key] is str:
        return "" if value in SAMPLES else f"must be one of: {', '.join(SAMPLES)}"
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return "must be a number"
    if kinds[key] is int and not isinstance(value, int):
        return "must be a whole number"
    positive = key.endswith(("autoscaler_seconds", "removal_seconds", "refresher_seconds")) or (
        key in ("scrape_seconds", "short_window_seconds", "long_window_seconds")
    )
    if value < 0 or (positive and value < 1):
        return f"must be at least {1 if positive else 0}"
    return ""
