"""The pins of a model of one's own: any number of models, and packages that are not locked yet."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from scaffold.answers.questions import Questionnaire
from scaffold.errors import Failed
from scaffold.generated import record
from scaffold.generated.render import render
from scaffold.models import hub
from scaffold.pins import pin
from scaffold.pins.floating import floating
from scaffold.pins.locks import hashes, locked
from support.answers import A_COMMIT, REQUIRED
from support.command import Run
from support.machine import need
from support.wheels import wheel

NEWEST = {"a/one": "1" * 40, "b/two": A_COMMIT}
HASH = "a" * 64
FILES = {
    "a/one": (hub.File("x.bin", 3, HASH), hub.File("x.safetensors", 5, HASH)),
    "b/two": (hub.File("sub/y.safetensors", 6, HASH),),
}
QUESTIONNAIRE = Questionnaire()


def made(folder: Path, **answers: object) -> Path:
    """A repository with those answers."""
    resolution = QUESTIONNAIRE.resolve({**REQUIRED, "workload": "custom", **answers})
    assert not resolution.problems
    render(QUESTIONNAIRE.template, resolution.answers, folder)
    return folder


@pytest.fixture(autouse=True)
def _hub(monkeypatch: pytest.MonkeyPatch) -> None:
    def newest(model: str) -> hub.Commit:
        return hub.Commit(NEWEST[model], FILES.get(model, ()))

    monkeypatch.setattr(hub, "newest", newest)


def test_each_model_moves_to_its_newest_commit(tmp_path: Path) -> None:
    folder = made(tmp_path, models=[f"a/one@{A_COMMIT}", f"b/two@{A_COMMIT}"])
    found = list(pin.STEPS["model"](folder))
    assert [(stale.what, stale.wanted) for stale in found] == [
        ("a/one", "1" * 40),
        ("weights", "2 files, 0.0 GB"),
    ]
    code = (folder / "chute.py").read_text()
    assert f'"a/one@{"1" * 40}",\n    "b/two@{A_COMMIT}",\n' in code
    assert f'{HASH} 5 a/one/x.safetensors\n{HASH} 6 b/two/sub/y.safetensors\n"""' in code
    assert record.given(folder).values["models"] == [f"a/one@{'1' * 40}", f"b/two@{A_COMMIT}"]
    assert list(pin.STEPS["model"](folder)) == []


def test_a_chute_without_models_has_none_to_ask_for(tmp_path: Path) -> None:
    assert list(pin.STEPS["model"](made(tmp_path))) == []


def test_a_list_that_is_computed_is_not_guessed_at(tmp_path: Path) -> None:
    folder = made(tmp_path)
    code = (folder / "chute.py").read_text().replace("MODELS = []", "MODELS = list(OTHERS)")
    (folder / "chute.py").write_text(code)
    with pytest.raises(Failed, match=r"MODELS in chute\.py is no list"):
        list(pin.STEPS["model"](folder))


def test_what_is_not_locked_and_what_moves_is_named(tmp_path: Path) -> None:
    folder = made(tmp_path, packages=["einops==0.8.1", "Pillow_SIMD==9.0.0"])
    code = (folder / "chute.py").read_text().replace("MODELS = []", 'MODELS = ["a/one@main"]')
    (folder / "chute.py").write_text(code)
    found = {(stale.what, stale.now) for stale in floating(folder)}
    assert {("einops", "absent"), ("pillow-simd", "absent"), ("a/one", "main")} <= found
    assert "torch" not in {what for what, _ in found}


def checked(folder: Path) -> subprocess.CompletedProcess[str]:
    """`make check` there, with what is installed here."""
    need("make")
    if not (folder / ".venv").exists():
        (folder / ".venv").symlink_to(sys.prefix)
    hidden = ("VIRTUAL_ENV", "PYTHONPATH", "PYTEST_", "CHUTES_", "MAKE", "MFLAGS")
    return subprocess.run(
        ["make", "check"],
        cwd=folder,
        env={name: value for name, value in os.environ.items() if not name.startswith(hidden)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where uv finds packages, and nowhere else."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    for name, value in {"FIND_LINKS": str(folder), "NO_INDEX": "1", "NO_CACHE": "1"}.items():
        monkeypatch.setenv(f"UV_{name}", value)
    return folder


@pytest.mark.path
def test_make_check_fails_until_a_package_of_ones_own_is_locked(
    tmp_path: Path, index: Path, chute_new: Run
) -> None:
    folder = made(tmp_path / "repository", packages=["Calm.Sea==1.0"])
    before = checked(folder)
    assert before.returncode != 0
    assert "calm-sea" in (before.stdout + before.stderr).lower().replace(".", "-")
    asked = "".join(path.read_text() for path in (folder / "requirements").glob("*.in"))
    for name, version in set(re.findall(r"^([A-Za-z][\w.-]*)(?:==(\S+))?$", asked, re.MULTILINE)):
        needs = ("brought",) if name == "Calm.Sea" else ()
        wheel(index, re.sub(r"[.-]", "_", name), version or "1.0", *needs)
    wheel(index, "brought", "4.0")
    run = chute_new("pin", str(folder), "--only", "packages", "--json")
    assert run.returncode == 0, run.stderr
    moved = {each["what"]: each["wanted"] for each in json.loads(run.stdout)["stale"]}
    assert (moved["calm-sea"], moved["brought"]) == ("1.0", "4.0")
    lock = (folder / "requirements" / "image.lock").read_text()
    assert locked(lock)["calm-sea"] == "1.0"
    assert len(hashes(lock)["calm-sea"]) == 1
    after = checked(folder)
    assert after.returncode == 0, after.stdout + after.stderr
