"""Which repository is meant, and in which environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scaffold.generated import record


@dataclass(frozen=True)
class Machine:
    """The folder of a generated repository, or where one would be made, and the environment."""

    folder: Path
    answers: Mapping[str, Any] | None = None
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))

    @classmethod
    def of(cls, path: Path | None) -> "Machine":
        """A path that is named must be a repository that chute-new made."""
        folder = (path or Path()).resolve()
        if path is None and not (folder / record.NAME).is_file():
            return cls(folder)
        return cls(folder, record.read(folder).answers)

    def is_on(self, name: str) -> bool:
        """Is a variable set to something that pip and uv take for yes?"""
        value = self.environment.get(name, "").strip().lower()
        return value not in ("", "0", "false", "no", "off", "n", "f")

    @property
    def home(self) -> Path:
        """The user's home."""
        return Path(self.environment.get("HOME") or Path.home())
