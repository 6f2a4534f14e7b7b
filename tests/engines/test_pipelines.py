"""What is said of diffusers' classes is true of the pinned package: read, not imported."""

import ast
import os
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from scaffold.answers.questions import Questionnaire, template_folder
from scaffold.generated.render import render
from scaffold.models import pipelines
from support.answers import REQUIRED

pytestmark = pytest.mark.heavy
TABLE: dict[str, Any] = yaml.safe_load(
    Path(pipelines.__file__).with_name("pipelines.yml").read_text()
)
CATALOG = next(q.default for q in Questionnaire().questions if q.key == "catalog")
EDITING = [entry for entry in CATALOG["image"] if "edits" in entry]


@cache
def calls() -> dict[str, list[str]]:
    """The arguments that each pipeline of the package can be called with."""
    python = os.environ.get("TEST_DIFFUSERS_PYTHON") or pytest.skip("no TEST_DIFFUSERS_PYTHON")
    find = "import importlib.util as u; print(*u.find_spec('diffusers').submodule_search_locations)"
    done = subprocess.run([python, "-c", find], check=True, capture_output=True, text=True)
    found = {}
    for path in Path(done.stdout.strip(), "pipelines").rglob("pipeline_*.py"):
        for each in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(each, ast.ClassDef):
                for method in each.body:
                    if isinstance(method, ast.FunctionDef) and method.name == "__call__":
                        found[each.name] = [argument.arg for argument in method.args.args]
    return found


@pytest.mark.parametrize("name", [*TABLE["edit"], *TABLE["both"]])
def test_a_class_that_changes_pictures_takes_one_and_a_prompt(name: str) -> None:
    assert {"image", "prompt"} <= set(calls()[name])


@pytest.mark.parametrize("start", [*TABLE["films"], *TABLE["sounds"]])
def test_what_is_no_picture_begins_with_a_name_that_there_is(start: str) -> None:
    assert [name for name in calls() if name.startswith(start)]


@pytest.mark.parametrize("entry", EDITING, ids=[entry["id"] for entry in EDITING])
def test_a_chute_calls_its_pipeline_by_arguments_that_it_has(
    tmp_path: Path, entry: dict[str, Any]
) -> None:
    model = {"workload": "image", "task": "edit", "model": entry["id"]}
    resolution = Questionnaire().resolve({**REQUIRED, **model})
    assert not resolution.problems
    render(template_folder(), resolution.answers, tmp_path)
    calling = [
        node
        for node in ast.walk(ast.parse((tmp_path / "chute.py").read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "self.pipe"
    ]
    (call,) = calling
    given = {keyword.arg for keyword in call.keywords}
    assert given <= set(calls()[entry["edits"]["pipeline"]])
    assert {"image", "prompt", "width", "height", "num_inference_steps", "generator"} <= given
    assert "callback_on_step_end" in given, "without it a request cannot be given up"
    assert tuple(pipelines.tasks(entry["edits"]["pipeline"]))[-1] == "edit"
