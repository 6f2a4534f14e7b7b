"""The oldest versions that pyproject.toml allows do: the tool works with exactly those."""

import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from uv import find_uv_bin

from support.machine import online
from support.places import ROOT
from support.terminals import Emulator, wait_until

PROJECT = ROOT / "pyproject.toml"
COMPLETION = {"_CHUTE_NEW_COMPLETE": "complete_bash", "COMP_CWORD": "2"}


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of an environment with the lower bound of each dependency, and what those take today."""
    online()
    folder = tmp_path_factory.mktemp("lowest")
    uv: list[str | Path] = [find_uv_bin(), "--quiet"]
    lowest: list[str | Path] = ["--resolution", "lowest-direct", "-r", PROJECT]
    subprocess.run([*uv, "venv", "--python", sys.executable, folder], check=True)
    subprocess.run([*uv, "pip", "install", "--python", folder / "bin/python", *lowest], check=True)
    return folder / "bin" / "python"


@pytest.fixture
def environment() -> dict[str, str]:
    """What makes the checkout importable."""
    return {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm-256color", "COLUMNS": "80"}


@pytest.mark.whole
def test_these_are_the_bounds(python: Path) -> None:
    installed = json.loads(
        subprocess.check_output(
            [find_uv_bin(), "pip", "list", "--quiet", "--format", "json", "--python", python]
        )
    )
    versions = {package["name"].replace("_", "-"): package["version"] for package in installed}
    wanted = tomllib.loads(PROJECT.read_text())["project"]["dependencies"]
    for line in wanted:
        name, bound = re.match(r"([\w-]+)>=([\d.]+),", line).groups()  # type: ignore[union-attr]
        assert re.fullmatch(rf"{re.escape(bound)}(\.0)*", versions[name]), line


@pytest.mark.whole
def test_commands_work_with_them(python: Path, environment: dict[str, str], tmp_path: Path) -> None:
    def run(*arguments: str) -> str:
        return subprocess.run(
            [python, "-m", "scaffold", *arguments],
            cwd=tmp_path,
            env=environment,
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    answers = str(ROOT / "examples" / "image.yml")
    made = json.loads(run("made", "--answers", answers, "--offline", "--json"))
    assert made["verified"] is True
    assert json.loads(run("check", "made", "--format", "json"))["findings"] == []
    planned = json.loads(run("plan", "made", "--rps", "0.01", "--hours", "1", "--json"))
    assert planned["result"]["completed"] > 0
    assert "--answers" in run("create", "--help")


@pytest.mark.whole
def test_tab_works_with_them(python: Path, environment: dict[str, str]) -> None:
    completed = subprocess.check_output(
        [python, "-m", "scaffold"],
        env={**environment, **COMPLETION, "COMP_WORDS": "chute-new\ncheck\n--form"},
        text=True,
    )
    assert completed.split() == ["--format"]


@pytest.fixture
def terminal() -> Iterator[Emulator]:
    terminal = Emulator(80, 24)
    yield terminal
    terminal.close()


@pytest.mark.whole
def test_the_wizard_asks_with_them(
    python: Path, environment: dict[str, str], terminal: Emulator, tmp_path: Path
) -> None:
    terminal.start(f"{python} -m scaffold --offline", tmp_path, environment)
    for question, keys in {"workload": "\r", "model": "\r", "username": "alice\r"}.items():
        asked = re.compile(rf"^\? {question}(?: |$)", re.MULTILINE)
        wait_until(lambda: bool(asked.search(terminal.screen())), terminal.screen)  # noqa: B023
        terminal.type(keys)
    wait_until(lambda: "? name" in terminal.screen(), terminal.screen)
