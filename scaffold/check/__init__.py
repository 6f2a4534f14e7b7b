"""`chute-new check`: the production checklist for any chute, without running its code."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scaffold.check.model import Finding


def findings(folder: Path) -> "list[Finding]":
    """What the static checks find in a folder; warnings are left out."""
    from scaffold.check.engine import examine

    return list(examine(folder).findings)
