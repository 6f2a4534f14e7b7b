"""What the environment of a process started here may hold."""

from __future__ import annotations

import os
import re

#: What is called so opens something, and is left out for who has no use for it.
SECRET = re.compile(
    r"TOKEN(?!IZER)|SECRET|PASSW|CREDENTIAL|PRIVATE|API_?KEY|ACCESS_?KEY|CONFIG_INI|(^|_)SEED"
)


def environment() -> dict[str, str]:
    """Return this process's environment without what opens something."""
    return {name: value for name, value in os.environ.items() if not SECRET.search(name.upper())}
