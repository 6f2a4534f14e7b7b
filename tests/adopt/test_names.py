"""What adopt knows of the template and its locks is what these are."""

import ast
import re

import pytest

from scaffold.adopt import imports, names, shelf
from scaffold.adopt.pieces import bound
from scaffold.answers.questions import Questionnaire
from support.answers import CUSTOM, REQUIRED

TEMPLATE = "project/{{ layer.custom }}/chute.py.jinja"
# Of each endpoint's own: its example, its classes, and choices.
_OF_ENDPOINTS = re.compile(r"_EXAMPLE$|_CHOICES$|(Request|Answer|Event)$")


@pytest.mark.parametrize("answers", CUSTOM)
def test_every_name_of_the_generated_module_is_reserved(
    questionnaire: Questionnaire, answers: dict[str, object]
) -> None:
    resolution = questionnaire.resolve({**REQUIRED, **answers})
    source = (questionnaire.template / TEMPLATE).read_text(encoding="utf-8")
    context = {**resolution.context, "_copier_conf": {"data": resolution.answers}}
    text = questionnaire.texts.environment.from_string(source).render(context)
    found = {name for node in ast.parse(text).body for name in bound(node)}
    own = {name for name in found if _OF_ENDPOINTS.search(name)} - names.RESERVED
    assert found - own - names.RESERVED - imports.KNOWN.keys() <= {"Literal", "prod", "staging"}


def test_modules_that_a_laptop_has_can_be_imported_at_once() -> None:
    assert {"PIL", "chutes", "fastapi", "json", "loguru", "pydantic", "yaml"} <= shelf.light()
    assert not shelf.light() & {"torch", "transformers", "diffusers", "soundfile"}
    assert {"torch", "transformers", "numpy", "soundfile"} <= shelf.served()


@pytest.mark.parametrize(
    ("package", "module", "known"),
    [
        ("opencv-python-headless", "cv2", True),
        ("rapidocr_onnxruntime", "rapidocr_onnxruntime", True),
        ("scikit-learn", "sklearn", True),
        ("kokoro", "misaki", False),
        ("pillow-simd", "cv2", False),
    ],
)
def test_packages_are_known_by_what_they_bring(package: str, module: str, known: bool) -> None:
    assert shelf.provides(package, module) is known


def test_imports_are_written_as_linters_want_them() -> None:
    wanted = [
        imports.Import("chutekit.serving.app", "ServedChute"),
        imports.Import("typing", "Any"),
        imports.Import("fastapi", "Response"),
        imports.Import("typing", "Annotated"),
        imports.Import("asyncio", ""),
        imports.Import("numpy", "", "np"),
        imports.Import("__future__", "annotations"),
    ]
    assert imports.written(wanted) == (
        "from __future__ import annotations\n\n"
        "import asyncio\nfrom typing import Annotated, Any\n\n"
        "import numpy as np\nfrom fastapi import Response\n\n"
        "from chutekit.serving.app import ServedChute\n"
    )
