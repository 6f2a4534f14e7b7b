"""What a test wants of the machine it runs on."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from uv import find_uv_bin


def need(tool: str) -> None:
    """Skip a test whose tool this machine lacks; in CI, where all are installed, fail."""
    if shutil.which(tool) is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(f"{tool} is not installed")


def online() -> None:
    """Skip a test that asks the package index when it cannot be reached; in CI, fail."""
    asked = [sys.executable, "-m", "pip", "index", "versions", "chutes"]
    if subprocess.run(asked, capture_output=True, timeout=60, check=False).returncode:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)("no package index")


def path_with_uv(folder: Path) -> str:
    """A PATH on which uv is found, by way of a new folder; it comes with this package."""
    folder.mkdir()
    (folder / "uv").symlink_to(find_uv_bin())
    return f"{folder}{os.pathsep}{os.environ['PATH']}"
