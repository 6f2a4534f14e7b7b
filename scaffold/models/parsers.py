"""A model's formats of tool calls and of reasoning, by what its chat template writes."""

from collections.abc import Collection, Mapping
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

import yaml

KINDS = ("tools", "reasoning")
ENGINES = ("vllm", "sglang")


def parsers(name: str, types: Collection[str], template: str | None) -> dict[str, dict[str, str]]:
    """By engine what it calls the model's `tools` and `reasoning`, as the catalog has it.

    Of a `template` that is not known, None, only what is sure without one.
    """
    found: dict[str, dict[str, str]] = {engine: {} for engine in ENGINES}
    for kind in KINDS:
        rule = next((r for r in rules()[kind] if _fits(r, name.lower(), types, template)), {})
        for engine in ENGINES:
            if engine in rule:
                found[engine][kind] = rule[engine]
    return found


@cache
def rules() -> dict[str, list[dict[str, Any]]]:
    """All of them, by kind."""
    found: dict[str, list[dict[str, Any]]] = yaml.safe_load(
        Path(__file__).with_name("parsers.yml").read_bytes()
    )
    return found


def _fits(rule: Mapping[str, Any], name: str, types: Collection[str], template: str | None) -> bool:
    if template is None and not rule.get("alone"):
        return False
    patterns = rule.get("types")
    if patterns and not any(fnmatchcase(each, pattern) for each in types for pattern in patterns):
        return False
    if "name" in rule and not fnmatchcase(name, rule["name"]):
        return False
    return all(text in (template or "") for text in rule.get("has", ()))
