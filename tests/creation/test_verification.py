"""What does not pass its verification is not published."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from scaffold.answers.questions import Questionnaire
from scaffold.creation.create import create
from scaffold.creation.order import CreateOptions
from scaffold.errors import Failed
from support.answers import REQUIRED
from support.places import ROOT


def broken_template(folder: Path, name: str, text: str) -> Path:
    """A copy of the template with one more file."""
    template = folder / "template"
    shutil.copytree(ROOT / "template", template)
    (template / "project" / name).write_text(text)
    return template


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("wrong.py", "def f(:\n", "does not parse"),
        ("wrong.toml", "a = \n", "does not parse"),
        ("wrong.yml", "a: [\n", "does not parse"),
        ("left.txt", "hello {{ name }}\n", "left over"),
    ],
)
def test_what_fails_verification_is_not_published(
    tmp_path: Path, name: str, text: str, says: str
) -> None:
    questionnaire = Questionnaire(broken_template(tmp_path, name, text))
    with pytest.raises(Failed) as failed:
        create(
            questionnaire,
            tmp_path / "out",
            questionnaire.resolve(REQUIRED),
            CreateOptions(offline=True),
        )
    assert f"{name}: " in failed.value.message
    assert says in failed.value.message
    assert not (tmp_path / "out").exists()
    report = Path(failed.value.hint.rsplit(" ", 1)[-1])
    assert name in report.read_text()
    report.unlink()


@pytest.mark.whole
@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("prod = ", "production = ", "no module-level prod"),
        ("MODEL = ", "MODEL = 'other/model' or ", "MODEL is not"),
        ("concurrency=", "concurrency=1 + ", "concurrency is"),
    ],
)
def test_a_module_that_does_not_keep_its_promises_is_not_published(
    tmp_path: Path, old: str, new: str, says: str
) -> None:
    template = broken_template(tmp_path, "note.txt", "")
    for module in template.glob("project/*chat*/chute.py.jinja"):
        text = module.read_text()
        assert old in text
        module.write_text(text.replace(old, new, 1))
    questionnaire = Questionnaire(template)
    resolution: Any = questionnaire.resolve({**REQUIRED, "workload": "llm"})
    with pytest.raises(Failed, match=says):
        create(questionnaire, tmp_path / "out", resolution, CreateOptions())
