"""`chute-new` as tests run it: without a terminal, in a folder of the test's own."""

import subprocess
from pathlib import Path
from typing import Any

from support.forks import Forks, environment, fresh


class Run:
    """Runs `chute-new` in an empty folder, without a terminal, and returns what it did."""

    def __init__(self, folder: Path, forks: Forks) -> None:
        self.folder = folder
        self.forks = forks

    def __call__(self, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
        """In a forked child: see `forks`."""
        return self.forks.run(*arguments, **self._settings(options))

    def fresh(self, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
        """In a process of its own, as a user does."""
        return fresh(*arguments, **self._settings(options))

    def _settings(self, options: dict[str, Any]) -> dict[str, Any]:
        return {"cwd": self.folder, **options, "env": environment(**options.get("env", {}))}
