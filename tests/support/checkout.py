"""A checkout of this repository with releases of its own, and its command."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from support.places import ROOT
from support.releases import git


class Checkout:
    """A copy of the package with a history of its own: 1.0.0 is this checkout's template."""

    def __init__(self, root: Path) -> None:
        self.root = root
        ignored = shutil.ignore_patterns("__pycache__", ".ruff_cache", "*.bundle", "*.pyc")
        for name in ("scaffold", "template", "hooks"):
            shutil.copytree(ROOT / name, root / name, ignore=ignored)
        for name in ("pyproject.toml", "README.md", "LICENSE", "requirements.in"):
            shutil.copy(ROOT / name, root)
        (root / "CHANGELOG.md").write_text("# Changelog\n\n## 1.0.0 - today\n\nThe first.\n")

    def release(self, version: str) -> subprocess.CompletedProcess[str]:
        """Run the hook."""
        return self.python("hooks/release.py", version)

    def note(self, version: str, text: str) -> None:
        """Add a section to the changelog."""
        path = self.root / "CHANGELOG.md"
        heading, rest = path.read_text().split("\n", 1)
        path.write_text(f"{heading}\n\n## {version} - today\n\n{text}\n{rest}")

    def python(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run Python with this copy."""
        return run(sys.executable, *arguments, cwd=self.root, path=self.root)

    def commit(self) -> None:
        """Commit all of it, as a repository."""
        git(self.root, "init", "-q", "-b", "main")
        git(self.root, "add", "--all", "--force")
        git(self.root, "commit", "-qm", "Release v1.1.0")


def run(
    *command: str, cwd: Path, path: Path | None = None, **environment: Any
) -> subprocess.CompletedProcess[str]:
    """Run a command with the package at `path`."""
    python_path = {"PYTHONPATH": str(path)} if path else {}
    return subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **python_path, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
