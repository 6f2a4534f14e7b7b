"""A clock that somebody sets while requests are served: forward by a year, and back again."""

import ast
import logging
import time
from pathlib import Path

import pytest
from chutekit.serving import logs
from chutekit.serving.health import facts
from chutekit.serving.instance import Instance

from scaffold.creation import publish
from support.places import TEMPLATE

YEAR = 365 * 24 * 3600.0
SERVED = ("serving", "engines", "models", "pictures", "caches", "media")
#: What only tells when something was, and where it is told.
TOLD = {
    "pictures/openai.py": 1,  # when a picture was made, as OpenAI tells it
    "serving/instance.py": 3,  # in /health and /v1/models
    "serving/logs.py": 1,
}


@pytest.mark.parametrize("jump", [YEAR, -YEAR], ids=["forward", "back"])
def test_uptime_does_not_jump(monkeypatch: pytest.MonkeyPatch, jump: float) -> None:
    instance = Instance(1)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + jump)
    assert 0 <= facts(instance)["uptime_seconds"] < YEAR


@pytest.mark.parametrize("jump", [YEAR, -YEAR], ids=["forward", "back"])
def test_what_libraries_say_is_not_held_back_until_then(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], jump: float
) -> None:
    handler = logs._Handler()
    passed = iter([0.0, 2.0])
    monkeypatch.setattr(time, "monotonic", lambda: next(passed))
    for created in (time.time(), time.time() + jump):
        record = logging.LogRecord("x", logging.ERROR, "a.py", 1, "said", (), None)
        record.created = created
        handler.emit(record)
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_no_deadline_is_one_of_the_clock() -> None:
    """Nothing that is served reads the clock but to tell it."""
    found: dict[str, int] = {}
    for folder in SERVED:
        for path in sorted((TEMPLATE / "project" / "chutekit" / folder).rglob("*.py")):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            reads = [
                node
                for node in ast.walk(tree)
                if isinstance(node, ast.Call)
                and ast.unparse(node.func) in ("time.time", "datetime.now", "datetime.utcnow")
            ]
            if reads:
                found[path.relative_to(TEMPLATE / "project" / "chutekit").as_posix()] = len(reads)
    assert found == TOLD


@pytest.mark.parametrize("jump", [YEAR, -YEAR], ids=["forward", "back"])
def test_a_run_at_work_is_not_swept_away(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, jump: float
) -> None:
    now = time.time()
    with publish.staged(tmp_path / "mine") as stage:
        (stage / "file").touch()
        monkeypatch.setattr(time, "time", lambda: now + jump)
        publish.sweep(tmp_path)
        assert (stage / "file").exists()
