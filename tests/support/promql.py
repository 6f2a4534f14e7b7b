"""What an expression of PromQL asks for: enough of its grammar for our alerts and dashboards."""

import re
from dataclasses import dataclass

#: Words that are neither a metric nor a label.
_WORDS = {"by", "on", "and", "or", "unless", "group_left", "without", "ignoring", "bool"}
_GROUPED = re.compile(r"\b(?:by|on|group_left|without|ignoring)\s*\(([^)]*)\)")
_SELECTED = re.compile(r"([a-zA-Z_:][\w:]*)\s*\{([^}]*)\}")
_NAME = re.compile(r"(?<![\w:.])([a-zA-Z_:][\w:]*)\b(?!\s*\()")


@dataclass(frozen=True)
class Asked:
    """The metrics with the labels that are matched, and the labels that are grouped by."""

    metrics: dict[str, frozenset[str]]
    grouped: frozenset[str]


def asked(expression: str) -> Asked:
    """Of an expression without comments."""
    text = re.sub(r'"[^"]*"', '""', expression)
    text = re.sub(r"\[[^\]]*\]", "", text)
    grouped = {
        label.strip() for group in _GROUPED.findall(text) for label in group.split(",") if label
    }
    text = _GROUPED.sub("", text)
    found: dict[str, frozenset[str]] = {}
    for name, matched in _SELECTED.findall(text):
        found[name] = found.get(name, frozenset()) | set(re.findall(r"(\w+)\s*[=!]", matched))
    for name in _NAME.findall(_SELECTED.sub(" ", text)):
        if name not in _WORDS:
            found.setdefault(name, frozenset())
    return Asked(found, frozenset(grouped))
