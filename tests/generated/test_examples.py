"""Each of examples/ makes a repository whose tests pass, with the code that lies beside it."""

import subprocess
import sys
from pathlib import Path

import pytest

from support import examples
from support.repositories import passes

pytestmark = pytest.mark.path  # all of them are rendered


@pytest.mark.parametrize("name", examples.NAMES)
def test_the_answers_are_right_and_the_code_fits(tmp_path: Path, name: str) -> None:
    examples.made(name, tmp_path)
    compile((tmp_path / "chute.py").read_text(), "chute.py", "exec")


@pytest.mark.parametrize("name", examples.CLASSES)
def test_its_tests_pass(tmp_path: Path, name: str) -> None:
    examples.made(name, tmp_path)
    ruff = Path(sys.executable).with_name("ruff")
    for command in ("check", "format --check"):
        subprocess.run([ruff, *command.split(), "chute.py", "tests"], cwd=tmp_path, check=True)
    passes(tmp_path, "tests")
