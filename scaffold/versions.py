"""Released versions of chute-new, which tool and template share."""

import re
from dataclasses import dataclass

_VERSION = re.compile(r"v?(\d+)\.(\d+)\.(\d+)")


@dataclass(frozen=True, order=True)
class Version:
    """A released version; later ones compare greater."""

    major: int
    minor: int
    patch: int

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"

    @property
    def tag(self) -> str:
        """As answers files, tags and bundles name it."""
        return f"v{self}"


def parse(text: str) -> Version | None:
    """`0.2.0` or `v0.2.0`; None when it is no released version's number."""
    found = _VERSION.fullmatch(text)
    return Version(*map(int, found.groups())) if found else None
