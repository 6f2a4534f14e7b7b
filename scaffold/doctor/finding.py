"""What the examination of a machine finds, for people and for programs."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from scaffold.errors import Unasked

SETUP, TEST, DEV, BUILD, DEPLOY = TARGETS = ("setup", "test", "dev", "build", "deploy")


@dataclass(frozen=True)
class Finding:
    """Something about this machine that a generated repository meets.

    `stops` are the targets that cannot do their work; none when it only deserves a look.
    `neutralised` is true where the repository takes no notice of it by itself.
    """

    id: str
    message: str
    remedy: str
    stops: tuple[str, ...] = ()
    neutralised: bool = False


@dataclass(frozen=True)
class Examination:
    """All that was found, and what could not be asked."""

    folder: Path
    findings: tuple[Finding, ...]
    unasked: tuple[Unasked, ...] = ()

    @property
    def stopped(self) -> tuple[str, ...]:
        """The targets that something stops, in the order in which they are used."""
        return tuple(t for t in TARGETS if any(t in found.stops for found in self.findings))

    def as_json(self) -> dict[str, Any]:
        """What `--json` prints."""
        return {
            "folder": str(self.folder),
            "stopped": list(self.stopped),
            "findings": [asdict(finding) for finding in self.findings],
            "unasked": [asdict(unasked) for unasked in self.unasked],
        }

    def text(self) -> str:
        """What stops something first, then the rest, each with what to do about it."""
        stops = [found for found in self.findings if found.stops]
        quiet = [found for found in self.findings if found.neutralised]
        others = [found for found in self.findings if not found.stops and not found.neutralised]
        lines = []
        for found in stops:
            lines += [f"stops make {', '.join(found.stops)}: {found.message}"]
            lines += [f"  {found.remedy}"]
        for found in others:
            lines += [f"note: {found.message}", f"  {found.remedy}"]
        lines += [f"neutralised by {found.remedy}: {found.message}" for found in quiet]
        lines += [f"not asked: {unasked.what}: {unasked.why}" for unasked in self.unasked]
        if not self.stopped:
            lines.append(f"Nothing found here stops make {', '.join(TARGETS[:-1])} or {DEPLOY}.")
        return "\n".join(lines)
