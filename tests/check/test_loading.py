"""What is seen when the SDK loads a chute, whatever its module does."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from scaffold.check.engine import examine
from support.checking import GOOD, HEAD, unknown
from support.command import Run
from support.processes import ends


@pytest.mark.whole
@pytest.mark.usefixtures("sdk_here")
def test_load_decides_what_the_source_hides(write: Callable[..., Path], chute_new: Run) -> None:
    source = (
        "def limit():\n    n = 1\n    n += 900\n    return n\n\n\n"
        f"chute = {GOOD}, max_instances=limit(), node_selector=NodeSelector())\n"
    )
    folder = write(chute_py=HEAD + source)
    assert "LI102" in unknown(folder)
    run = chute_new("check", str(folder), "--load", "--format", "json")
    found = {f["id"] for f in json.loads(run.stdout)["findings"]}
    assert {"LI102", "LD103"} <= found
    assert "LD101" not in found


@pytest.mark.whole
@pytest.mark.usefixtures("sdk_here")
@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("raise ValueError('no model here')", "ValueError: no model here"),
        ("import os\nos._exit(7)", "ended with status 7"),
        ("import sys\nsys.exit('stop')", "SystemExit: stop"),
        ("x = bytearray(64 * 2**30)", "MemoryError"),
        (
            "import os\nassert 'SECRET_TOKEN' not in os.environ\nraise ValueError('kept')",
            "kept",
        ),
    ],
)
def test_load_survives_what_modules_do(
    body: str, says: str, write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    from scaffold.check.load import load

    monkeypatch.setenv("SECRET_TOKEN", "hidden")
    folder = write(chute_py=f"{HEAD}{body}\nchute = {GOOD})\n")
    report = examine(folder, loaded=load(folder))
    assert says in next(f.message for f in report.findings if f.id == "LD101")


@pytest.mark.whole
@pytest.mark.usefixtures("sdk_here")
def test_load_ends_what_does_not_end(write: Callable[..., Path]) -> None:
    from scaffold.check.load import load

    sleeper = "import subprocess, sys\nchild = subprocess.Popen([sys.executable, '-c', "
    sleeper += "'import time; time.sleep(600)'])\nopen('pid', 'w').write(str(child.pid))\n"
    folder = write(chute_py=f"{sleeper}while True:\n    pass\n{HEAD}chute = {GOOD})\n")
    found = load(folder, seconds=10)
    assert "within 10 seconds" in found["chute.py"]["error"]
    assert ends(int((folder / "pid").read_text()))
