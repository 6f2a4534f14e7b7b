"""Small chutes for checks, and what is found in them."""

from pathlib import Path

from scaffold.check import findings
from scaffold.check.engine import examine

GOOD = 'Chute(username="alice", name="demo", image="alice/demo:1.0"'
HEAD = "from chutes.chute import Chute, NodeSelector\nfrom chutes.image import Image\n\n"


def ids(path: Path) -> list[str]:
    """What is found, by id."""
    return sorted(finding.id for finding in findings(path))


def unknown(path: Path) -> dict[str, str]:
    """What could not be decided, with why."""
    return {u.id: u.why for u in examine(path).unknown}
