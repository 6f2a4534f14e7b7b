"""The repositories of examples/: what an answers file makes, with the class that lies beside it."""

from pathlib import Path

import yaml

from scaffold.answers.questions import Questionnaire
from scaffold.generated.render import render
from support.places import ROOT

EXAMPLES = ROOT / "examples"
NAMES = sorted(path.stem for path in EXAMPLES.glob("*.yml"))
#: Those with a class of a model of one's own.
CLASSES = sorted(path.stem for path in EXAMPLES.glob("*.py"))


def made(name: str, folder: Path) -> Path:
    """The repository of an example, its own code in place where it has some."""
    questionnaire = Questionnaire()
    answers = yaml.safe_load((EXAMPLES / f"{name}.yml").read_text())
    resolution = questionnaire.resolve(answers)
    assert resolution.problems == []
    render(questionnaire.template, resolution.answers, folder)
    if name in CLASSES:
        put(folder / "chute.py", (EXAMPLES / f"{name}.py").read_text())
    return folder


def put(module: Path, model: str) -> None:
    """Put a class in place of Model in chute.py."""
    code = module.read_text()
    before, begins, rest = code.partition("\n\n\nclass Model:\n")
    _, ends, after = rest.partition("\n\n\ndef make_chute(")
    assert begins
    assert ends
    module.write_text(f"{before}\n\n\n{model.strip()}{ends}{after}")
