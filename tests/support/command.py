"""`chute-new` as tests run it: without a terminal, in a folder of the test's own."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from support import forks


class Run:
    """Runs `chute-new` in an empty folder, without a terminal, and returns what it did."""

    def __init__(
        self, folder: Path, runner: Callable[..., subprocess.CompletedProcess[str]]
    ) -> None:
        self.folder = folder
        self.runner = runner

    def __call__(self, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
        """In this process for unit tests; in a forked child for others: see `forks`."""
        return self.runner(*arguments, **self._settings(options))

    def fresh(self, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
        """In a process of its own, as a user does."""
        return forks.fresh(*arguments, **self._settings(options))

    def _settings(self, options: dict[str, Any]) -> dict[str, Any]:
        return {
            "cwd": self.folder,
            **options,
            "env": forks.environment(**options.get("env", {})),
        }
