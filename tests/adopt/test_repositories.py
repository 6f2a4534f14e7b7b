"""What adopting makes is an ordinary repository: it loads on the SDK, and its tests pass."""

import json
from pathlib import Path

import pytest
import yaml

from scaffold.answers.questions import Questionnaire
from scaffold.creation.verify import unkept
from scaffold.generated.module import Module
from support.adopting import CUSTOM, ENGINES, PROTOTYPES
from support.command import Run
from support.loading import Loader
from support.repositories import passes

PINS = "chutekit/testing/pins.py"
# Only `make pin` locks packages that the prototype has besides, and it asks an index.
WITHOUT_LOCKS = (
    f"--deselect={PINS}::test_lock_holds_what_its_source_asks_for",
    f"--deselect={PINS}::test_every_import_at_run_time_is_in_the_image[chute.py]",
)
OPTIONS = ("--defaults", "--offline", "--json")


def test_a_dry_run_writes_nothing(chute_new: Run, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "speak.py").write_text((PROTOTYPES / "speak.py").read_text())
    run = chute_new("adopt", "source/speak.py", "out", *OPTIONS, "--dry-run")
    assert run.returncode == 0, run.stderr
    document = json.loads(run.stdout)
    assert {"chute.py", "ADOPTED.md"} <= set(document["files"])
    assert set(document["adopted"]) == {"carried", "changed", "left"}
    assert document["origins"]["name"] == "the prototype"
    assert document["origins"]["ci"] == "default"
    first = document["adopted"]["carried"][0]
    assert {"what", "from", "to"} <= first.keys()
    assert [path.name for path in tmp_path.iterdir()] == ["source"]


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["nothing.py"], 2, "does not exist"),
        (["speak.py", "full"], 3, "is not empty"),
        (["speak.py", "--set", "nmae=x"], 2, "did you mean name"),
        (["speak.py", "--set", "name=No"], 2, "name"),
        (["broken.py"], 2, "is not Python that can be read"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_written(
    chute_new: Run, tmp_path: Path, arguments: list[str], code: int, told: str
) -> None:
    (tmp_path / "speak.py").write_text((PROTOTYPES / "speak.py").read_text())
    (tmp_path / "broken.py").write_text("def (")
    (tmp_path / "full").mkdir()
    (tmp_path / "full/file").touch()
    before = sorted(path.name for path in tmp_path.iterdir())
    run = chute_new("adopt", *arguments, "--defaults", "--offline")
    assert run.returncode == code, run.stderr
    assert told in run.stderr
    assert "Traceback" not in run.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == before


@pytest.mark.path
def test_a_prototype_becomes_a_repository_whose_tests_pass(chute_new: Run, tmp_path: Path) -> None:
    run = chute_new.fresh("adopt", str(PROTOTYPES / "documents"), "out", *OPTIONS)
    assert run.returncode == 0, run.stderr
    document = json.loads(run.stdout)
    assert document["verified"] is True
    out = tmp_path / "out"
    assert yaml.safe_load((out / ".copier-answers.yml").read_text())["name"] == "documents"
    told = (out / "ADOPTED.md").read_text()
    assert "# Adopted from app.py" in told
    for entries in document["adopted"].values():
        for entry in entries:
            assert entry["from"] in told
    passes(out, *WITHOUT_LOCKS)


@pytest.mark.whole
@pytest.mark.parametrize("name", [*CUSTOM, *sorted(ENGINES)])
def test_each_is_verified_and_loads_on_the_sdk(
    chute_new: Run, tmp_path: Path, load: Loader, questionnaire: Questionnaire, name: str
) -> None:
    run = chute_new("adopt", str(PROTOTYPES / name), "out", *OPTIONS)
    assert run.returncode == 0, run.stderr
    document = json.loads(run.stdout)
    assert document["verified"] is True
    variants = load(tmp_path / "out")
    assert isinstance(variants, dict), variants
    assert "error" not in variants, variants
    context = dict(questionnaire.resolve(document["answers"]).context)
    # What the prototype's image has besides makes another tag, which is in chute.py.
    context["image_tag"] = Module.of(tmp_path / "out/chute.py").text_of("IMAGE_TAG")
    assert list(unkept(variants, context)) == []


@pytest.mark.whole
@pytest.mark.parametrize(
    "name",
    [
        pytest.param("clone.py", id="clone.py-aliases-and-sound"),
        pytest.param("edit_picture.py", id="edit_picture.py-pictures"),
        pytest.param("several.py", id="several.py-gets-and-posts"),
        pytest.param("tell.py", id="tell.py-streams"),
    ],
)
def test_the_tests_of_varied_ones_pass_with_the_stand_in(
    chute_new: Run, tmp_path: Path, name: str
) -> None:
    run = chute_new("adopt", str(PROTOTYPES / name), "out", *OPTIONS, "--no-verify", "--no-git")
    assert run.returncode == 0, run.stderr
    passes(tmp_path / "out", *WITHOUT_LOCKS)
