"""Files of chutes that are checked."""

from collections.abc import Callable
from pathlib import Path

import pytest

from support.checking import HEAD


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Writes files and returns their folder."""

    def files(**texts: str) -> Path:
        for name, text in texts.items():
            path = tmp_path / name.replace("__", "/").replace("_py", ".py")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return tmp_path

    return files


@pytest.fixture
def bad(write: Callable[..., Path]) -> Path:
    """A repository with findings, a warning and something undecided."""
    source = (
        'image = Image(username="alice", name="demo", tag="1.0")\n'
        'image.from_base("parachutes/python:3.12.9").run_command("pip install \'<b>torch\'")\n'
        "chute = Chute(username='alice', name='demo', image=image, max_instances=N)\n"
    )
    return write(chute_py=HEAD + source)


@pytest.fixture
def sdk_here() -> None:
    """Needs the SDK beside the tests."""
    pytest.importorskip("chutes")
