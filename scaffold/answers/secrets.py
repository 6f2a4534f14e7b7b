"""What keys and tokens look like: they are refused as answers and never repeated in a message."""

import re
from functools import cache
from typing import Any

import yaml

from scaffold.answers.questions import template_folder

HIDDEN = "(hidden)"


@cache
def _known() -> tuple[dict[str, Any], ...]:
    text = (template_folder() / "data" / "secrets.yml").read_text(encoding="utf-8")
    return tuple(yaml.safe_load(text)["secrets"]["default"])


@cache
def issued() -> re.Pattern[str]:
    """Keys that somebody issued, recognisable by their shape in any text."""
    return re.compile("|".join(f"(?:{kind['pattern']})" for kind in _known() if kind["issued"]))


@cache
def _any() -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{kind['pattern']})" for kind in _known()))


def kind(text: str) -> str | None:
    """What a text holds that must stay secret; None when nothing."""
    return next((known["kind"] for known in _known() if re.search(known["pattern"], text)), None)


def redact(text: str) -> str:
    """The text without what must stay secret; JSON stays JSON."""
    return _any().sub(HIDDEN, text)
