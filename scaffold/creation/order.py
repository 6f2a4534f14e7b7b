"""What `create` is asked to do, and what it hands back.

Apart from what does it, whose imports the wizard's first question need not wait for.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from scaffold.check.model import Finding

#: What locks packages that no lock has yet.
PIN = "make pin"


@dataclass(frozen=True)
class CreateOptions:
    """What to do besides rendering; `warnings` are what was found out before."""

    dry_run: bool = False
    commit: bool = True
    verify: bool = True
    offline: bool = False
    warnings: tuple[str, ...] = ()


class Rework(Protocol):
    """What somebody does with rendered files before they are verified; `loads` lets them run."""

    loads: bool

    @property
    def pin(self) -> str:
        """`PIN`, or what does the part of it that is left to be done; empty when nothing is."""

    def apply(self, folder: Path, context: Mapping[str, Any]) -> Mapping[str, Any]:
        """Change the files in `folder`, which were rendered from `context`.

        Returns it with what the files say now, which verification holds them to.
        """

    def accepts(self, finding: "Finding") -> bool:
        """Is it told already that `check` finds this?"""


@dataclass(frozen=True)
class Created:
    """What was made, or with `dry_run` would be; `commit` and `verified` None when left out.

    `origins` says by key which option, habit or default each answer came from.
    """

    destination: Path
    answers: dict[str, Any]
    files: list[str]
    commit: str | None
    verified: bool | None
    warnings: list[str]
    cost: dict[str, Any]
    next_steps: list[str] = field(default_factory=list)
    origins: dict[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The document `create --json` prints."""
        return asdict(self) | {"destination": str(self.destination)}
