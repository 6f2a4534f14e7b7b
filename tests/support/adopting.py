"""Prototypes as they are adopted: read, moved into what the template renders, and accounted for."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from scaffold.adopt import adoption
from scaffold.adopt.adoption import Adoption
from scaffold.answers.questions import Questionnaire, Resolution
from support.places import TESTS

PROTOTYPES = TESTS / "adopt/prototypes"
ALL = sorted(path.name for path in PROTOTYPES.iterdir() if path.suffix == ".py" or path.is_dir())
# The others become workloads whose code is the kit's.
ENGINES = {"chat_sglang.py", "chat_vllm.py", "engine_inside.py", "sdxl_template.py"}
CUSTOM = [name for name in ALL if name not in ENGINES]
_LAYER = "{{ layer.custom }}"
# Of a repository what adopting changes, by the templates.
_FILES = {
    "chute.py": f"{_LAYER}/chute.py.jinja",
    "tests/test_api.py": f"{_LAYER}/tests/test_api.py.jinja",
    "requirements/image.in": f"{_LAYER}/requirements/image.in.jinja",
    "README.md": "README.md.jinja",
    "pyproject.toml": "pyproject.toml.jinja",
}


@dataclass(frozen=True)
class Adopted:
    """One prototype that was adopted without a network."""

    adoption: Adoption
    answers: dict[str, Any]
    folder: Path

    @property
    def text(self) -> str:
        """The new chute.py."""
        return (self.folder / "chute.py").read_text(encoding="utf-8")

    @property
    def lists(self) -> dict[str, list[dict[str, str]]]:
        """The three lists."""
        return self.adoption.ledger.as_json()

    def statements(self) -> Iterator[ast.stmt]:
        """Every statement of the prototype."""
        prototype = self.adoption.prototype
        for module in [prototype.module, *prototype.helpers]:
            for node in ast.walk(module.tree):
                if isinstance(node, ast.stmt):
                    yield node


def adopt(path: Path, folder: Path, questionnaire: Questionnaire, **given: Any) -> Adopted:
    """Adopt a prototype into the files that adopting changes, in this process."""
    made = Adoption(path)
    answers = made.prefill(questionnaire, given, network=False)
    resolution = questionnaire.resolve({**answers, **given})
    assert resolution.problems == []
    render(questionnaire, resolution, folder)
    with pytest.MonkeyPatch.context() as patch:
        # The tag is the SDK's to tell, in another process.
        patch.setattr(adoption, "sdk_installed", lambda: False)
        made.apply(folder, resolution.context)
    return Adopted(made, answers, folder)


def render(questionnaire: Questionnaire, resolution: Resolution, folder: Path) -> None:
    """The files that adopting changes, as copier would render them."""
    custom = resolution.context["workload"] == "custom"
    for name, template in _FILES.items():
        if name != "README.md" and not custom:
            continue
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        source = (questionnaire.template / "project" / template).read_text(encoding="utf-8")
        environment = questionnaire.texts.environment
        context = {**resolution.context, "_copier_conf": {"data": resolution.answers}}
        path.write_text(environment.from_string(source).render(context), encoding="utf-8")


#: What the prototypes of a few lines begin with.
HEAD = """\
from chutes.chute import Chute, NodeSelector
from fastapi import HTTPException, Response
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel, Field
"""
CHUTE = """\
chute = Chute(username="alice", name="one", image="alice/one:1", node_selector=NodeSelector())
"""


def one(folder: Path, questionnaire: Questionnaire, code: str, chute: str = CHUTE) -> Adopted:
    """A prototype of a few lines below a usual head."""
    path = folder / "prototype.py"
    path.write_text(HEAD + chute + code, encoding="utf-8")
    return adopt(path, folder / "repository", questionnaire)


def method(text: str, name: str) -> str:
    """The source of one method of Model."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ClassDef) and node.name == "Model":
            for each in node.body:
                if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef) and each.name == name:
                    return ast.get_source_segment(text, each) or ""
    raise AssertionError(f"no method {name}")
