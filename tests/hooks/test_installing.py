"""What a release publishes can be installed in each way that the README names, and works there."""

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from uv import find_uv_bin

from scaffold import __version__
from support.machine import online
from support.places import ROOT
from support.wheels import index

#: What somebody types who has the first word, by what they have then.
WAYS = {
    "uvx chute-new": ["uvx", "chute-new"],
    "pipx run chute-new": ["pipx", "run", "chute-new"],
    "pip install chute-new": ["chute-new"],
}


@dataclass(frozen=True)
class Newcomer:
    """Somebody with Python, git and a package index, who has nothing of this project."""

    folder: Path
    environment: dict[str, str]

    def __call__(self, *command: str | Path) -> str:
        """What a command prints that succeeds."""
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{shlex.join(map(str, command))}\n{done.stdout}{done.stderr}"
        return done.stdout


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An index with what a release publishes, and what that needs, at the versions tested here."""
    online()
    folder = tmp_path_factory.mktemp("index")
    python: list[str | Path] = [sys.executable, "-m"]
    wanted: list[str | Path] = [
        "--require-hashes",
        "--no-deps",
        "-r",
        ROOT / "requirements-run.lock",
    ]
    subprocess.run([*python, "pip", "wheel", "--quiet", "-w", folder, *wanted], check=True)
    subprocess.run(
        [*python, "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT],
        check=True,
        capture_output=True,
    )
    with index(folder) as pages:
        yield pages


@pytest.fixture
def newcomer(tmp_path: Path, address: str) -> Newcomer:
    """With `uvx`, `pipx` and Python on the PATH, an empty home and an empty folder."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for program in (Path(find_uv_bin()).with_name("uvx"), Path(sys.executable).with_name("pipx")):
        (programs / program.name).symlink_to(program)
    (programs / "python3").symlink_to(sys.executable)
    home, folder = tmp_path / "home", tmp_path / "folder"
    home.mkdir()
    folder.mkdir()
    return Newcomer(
        folder,
        {
            **{"HOME": str(home), "LC_ALL": "C.UTF-8", "TMPDIR": str(tmp_path)},
            "PATH": f"{programs}:{folder}/.venv/bin:/usr/bin:/bin",
            **{"PIP_INDEX_URL": address, "PIP_CONFIG_FILE": os.devnull, "PIP_NO_COMPILE": "1"},
            **{"UV_DEFAULT_INDEX": address, "UV_NO_CONFIG": "1", "UV_PYTHON_DOWNLOADS": "never"},
            **{"UV_PYTHON": sys.executable, "PIPX_DEFAULT_PYTHON": sys.executable},
        },
    )


@pytest.mark.whole
@pytest.mark.parametrize("way", WAYS)
def test_it_makes_a_repository_in_each_way_to_install_it(way: str, newcomer: Newcomer) -> None:
    if way.startswith("pip "):
        newcomer(sys.executable, "-m", "venv", ".venv")
        newcomer(".venv/bin/python", "-m", *shlex.split(way))
    tool = WAYS[way]
    assert newcomer(*tool, "--version").strip() == __version__
    answers = ROOT / "examples" / "image.yml"
    made = newcomer(*tool, "made", "--answers", answers, "--offline", "--json")
    assert json.loads(made)["verified"] is True
    repository = newcomer.folder / "made"
    stored = yaml.safe_load((repository / ".copier-answers.yml").read_text())
    assert stored["_commit"] == f"v{__version__}"
    assert "--hash=sha256:" in (repository / "requirements" / "image.lock").read_text()
    assert json.loads(newcomer(*tool, "check", "made", "--format", "json"))["findings"] == []


def test_the_readme_begins_with_these_ways() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    first = text.partition("## Try it")[2].partition("```")[0]
    assert [way for way in WAYS if f"`{way}" not in first] == []
