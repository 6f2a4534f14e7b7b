"""What `plan --write` changes, and leaves as it is."""

import ast
import json
from pathlib import Path

import pytest
import yaml
from copier import run_copy

from scaffold.errors import BadUsage
from scaffold.plan.writing import answers_change, chute_change
from support.answers import REQUIRED
from support.command import Run
from support.places import ROOT


def texts(folder: Path) -> dict[str, str]:
    """What stands in each file, but for where the template was."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_text() for path in files}


@pytest.mark.whole
@pytest.mark.parametrize("workload", ["image", "llm"])
def test_write_changes_a_repository_as_an_update_would(
    tmp_path: Path, chute_new: Run, workload: str
) -> None:
    answers = {**REQUIRED, "workload": workload}
    run_copy(str(ROOT / "template"), tmp_path / "made", data=answers, defaults=True, quiet=True)
    load = ("--rps", "2", "--seconds-per-request", "3", "--hours", "1")
    done = chute_new("plan", "made", *load, "--target-p95", "12", "--write", "--json")
    assert done.returncode == 0, done.stderr
    settings = json.loads(done.stdout)["settings"]
    del settings["keep_warm"]
    assert "--- a/chute.py" in done.stderr
    stored = yaml.safe_load((tmp_path / "made/.copier-answers.yml").read_text())
    assert {key: stored[key] for key in settings} == settings
    run_copy(
        str(ROOT / "template"),
        tmp_path / "again",
        data=answers | settings,
        defaults=True,
        quiet=True,
    )
    # No other file repeats what was changed, so that a later update meets no edit.
    assert texts(tmp_path / "made") == texts(tmp_path / "again")


def test_write_keeps_the_comments_of_an_answers_file(tmp_path: Path) -> None:
    file = tmp_path / "answers.yml"
    file.write_text("# mine\nname: my-chute\nmax_instances: 3  # enough?\n")
    change = answers_change(file, {"max_instances": 5, "keep_warm": False})
    assert change.after == (
        "# mine\nname: my-chute\nmax_instances: 5  # enough?\nkeep_warm: false\n"
    )
    assert file.read_text() == change.before
    assert "-max_instances: 3" in change.difference()


def test_a_hand_made_chute_is_changed_where_it_states_the_values(tmp_path: Path) -> None:
    file = tmp_path / "chute.py"
    file.write_text("SLOTS = 4\nchute = Chute(name='é', concurrency=SLOTS, max_instances=2)\n")
    change = chute_change(file, {"concurrency": 8, "max_instances": 3})
    assert change.after == (
        "SLOTS = 8\nchute = Chute(name='é', concurrency=SLOTS, max_instances=3)\n"
    )
    with pytest.raises(BadUsage, match="does not state scaling_threshold"):
        chute_change(file, {"scaling_threshold": 0.5})


@pytest.mark.whole
def test_staging_keeps_its_own_scale(tmp_path: Path) -> None:
    run_copy(str(ROOT / "template"), tmp_path / "made", data=REQUIRED, defaults=True, quiet=True)
    file = tmp_path / "made/chute.py"
    tree = ast.parse(chute_change(file, {"max_instances": 9, "shutdown_after_seconds": 77}).after)
    calls = {
        node.targets[0].id: {k.arg: ast.literal_eval(k.value) for k in node.value.keywords}
        for node in tree.body
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Call)
        and isinstance(node.targets[0], ast.Name)
        and node.targets[0].id in ("prod", "staging")
    }
    assert calls["prod"] == {"max_instances": 9, "shutdown_after_seconds": 77}
    assert calls["staging"] == {"max_instances": 1, "shutdown_after_seconds": 60}
