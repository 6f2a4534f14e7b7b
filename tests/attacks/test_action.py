"""A workspace made to have our GitHub action run its code: the action's own steps, run in it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from support.machine import online
from support.places import ROOT

STEP = yaml.safe_load((ROOT / "action.yml").read_text())["runs"]["steps"][0]
CHUTE = "from chutes.chute import Chute\nchute = Chute(username='alice', name='demo')\n"
# Modules that are imported on the way, by whatever runs there with the workspace on its path.
MODULES = (
    "venv",
    "pip",
    "ensurepip",
    "scaffold",
    "sitecustomize",
    "usercustomize",
    "json",
    "typing",
    "hatchling",
    "hatchling/build",
    "typer",
    "yaml",
    "jinja2",
    "runpy",
    "subprocess",
    "ast",
)
NAMES = ("</pre><h1>theirs.py", "```theirs.py", "%0A::error::theirs.py", "\n::error::theirs.py")


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A checkout of somebody else's, in which every such module leaves a mark."""
    folder = tmp_path / "workspace"
    code = f"import pathlib\npathlib.Path({str(tmp_path / 'it ran')!r}).touch()\n"
    for name in MODULES:
        path = folder / name / "__init__.py" if "/" not in name else folder / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(code)
        if "/" not in name:
            (folder / name / "__main__.py").write_text(code)
    (folder / "chute.py").write_text(CHUTE)
    for name in NAMES:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(CHUTE)
    for name in ("pip.conf", "setup.cfg", "uv.toml"):
        (folder / name).write_text("[global]\nindex-url = http://127.0.0.1:9/\n")
    for name in ("python3", "python", "pip", "git", "sed"):
        if not (folder / name).exists():
            (folder / name).write_text(f"#!/bin/sh\ntouch '{tmp_path / 'it ran'}'\n")
            (folder / name).chmod(0o755)
    (folder / "--output=theirs").write_text("")
    return folder


@pytest.mark.whole
def test_nothing_of_the_workspace_runs_or_is_said_raw(workspace: Path, tmp_path: Path) -> None:
    online()
    marker = tmp_path / "it ran"
    subprocess.run([sys.executable, "-m", "venv", "x"], cwd=workspace, capture_output=True)
    assert marker.exists(), "the attack itself does not work"
    marker.unlink()
    shutil.rmtree(workspace / "x", ignore_errors=True)
    action = tmp_path / "action"
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    for name in listed.stdout.decode().split("\0")[:-1]:
        if name.startswith(("scaffold/", "template/")) or "/" not in name:
            (action / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, action / name)
    runner = tmp_path / "runner"
    runner.mkdir()
    environment = {
        **os.environ,
        "PYTHONPATH": str(workspace),
        "PYTHONSTARTUP": str(workspace / "venv" / "__init__.py"),
        "RUNNER_TEMP": str(runner),
        "GITHUB_OUTPUT": str(tmp_path / "output"),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
        "CHECKED": ".",
        "MORE": "--all",
        "WANTED": ".".join(map(str, sys.version_info[:2])),
        "ACTION": str(action),
    }
    done = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", STEP["run"]],
        cwd=workspace,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert not marker.exists(), done.stderr
    assert not (workspace / "theirs").exists()
    assert done.returncode == 1, done.stderr
    assert (runner / "chute-new.sarif").stat().st_size > 1000
    assert "chute.py" in done.stdout
    commands = [line for line in done.stdout.splitlines() if line.lstrip().startswith("::")]
    assert not [line for line in commands if line.startswith("::error::theirs")]
    summary = (tmp_path / "summary").read_text()
    assert summary.count("</pre>") == 1
    assert "<h1>" not in summary


def test_it_asks_for_no_more_than_it_needs() -> None:
    """Packages come from a lock with hashes, and Python looks nowhere but at home."""
    script = STEP["run"]
    assert "--require-hashes --no-deps -r" in script
    assert "--no-index --no-deps --no-build-isolation" in script
    called = [
        part for part in script.split('"$') if part.startswith(('python"', 'venv/bin/python"'))
    ]
    assert called
    # Options are words, and never names of files.
    assert 'read -ra more <<< "$MORE"' in script
    assert all(part.partition('"')[2].startswith(" -I ") for part in called)
