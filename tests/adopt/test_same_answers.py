"""Requests that a prototype answered are answered the same after it was adopted.

Both run under `chutes run --dev` with their own code and the same stand-ins for packages of models.
"""

import base64
import io
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from PIL import Image

from scaffold.adopt.adoption import Adoption
from scaffold.answers.questions import Questionnaire
from scaffold.generated.render import render
from support.adopting import PROTOTYPES
from support.harness import harness
from support.places import TESTS

pytestmark = pytest.mark.whole
FAKES = TESTS / "adopt/fakes"


def picture(side: int) -> str:
    """A picture as clients send it."""
    buffer = io.BytesIO()
    Image.new("RGB", (side, side // 2), "red").save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode()


PDF = base64.b64encode(b"%PDF-1.4 " + b"x" * 40).decode()
ROW = {"day": "2026-03-01", "features": {"a": 1.5, "b": "red"}}
#: By prototype: its module, and requests with their paths.
REQUESTS: dict[str, tuple[str, list[tuple[str, dict[str, Any]]]]] = {
    "nsfw.py": (
        "nsfw",
        [
            ("/classify", {"image_b64": picture(64)}),
            ("/classify", {"image_b64": picture(64), "threshold": 0.1}),
            ("/classify", {"image_b64": picture(300), "threshold": 0.2, "classes": ["FEET"]}),
            ("/classify", {"threshold": 0.2}),
        ],
    ),
    "speak.py": (
        "speak",
        [
            ("/speak", {"text": "Good morning to everybody."}),
            ("/speak", {"text": "Good morning.", "voice": "bf_emma", "speed": 2}),
        ],
    ),
    "documents": (
        "app",
        [
            ("/documents/read", {"pdf_b64": PDF}),
            ("/documents/read", {"pdf_b64": PDF, "max_pages": 1, "languages": ["de"]}),
            ("/documents/read", {"image_b64": picture(32)}),
        ],
    ),
    "rows.py": (
        "rows",
        [
            ("/predict", {"train": [ROW, ROW], "labels": [1, 2.5], "test": [ROW]}),
            (
                "/predict",
                {"train": [ROW], "labels": [4.0], "test": [ROW] * 3, "options": {"scale": 2.0}},
            ),
        ],
    ),
}
GETS = {"speak.py": ["/voices"]}


@dataclass(frozen=True)
class Both:
    """A prototype and what it was adopted to, both serving."""

    name: str
    old: httpx.Client
    new: httpx.Client


@pytest.fixture(scope="module", params=REQUESTS)
def both(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    questionnaire: Questionnaire,
) -> Iterator[Both]:
    """Each prototype beside its repository."""
    name: str = request.param
    folder = tmp_path_factory.mktemp("both")
    source, repository = folder / "prototype", folder / "repository"
    if (PROTOTYPES / name).is_dir():
        shutil.copytree(PROTOTYPES / name, source)
    else:
        source.mkdir()
        shutil.copy(PROTOTYPES / name, source)
    adoption = Adoption(PROTOTYPES / name)
    answers = adoption.prefill(questionnaire, {}, network=False)
    resolution = questionnaire.resolve(answers)
    assert resolution.problems == []
    render(questionnaire.template, resolution.answers, repository)
    adoption.apply(repository, resolution.context)
    old, new = harness(repository), harness(repository)
    vars(old)["ROOT"] = source
    command = [*new.DEVELOPMENT[:2], f"{REQUESTS[name][0]}:chute", "--dev"]
    settings = {"CHUTE_BACKEND": "", "PYTHONPATH": str(FAKES)}
    with (
        old.RunningChute(command, folder / "old.log", **settings) as first,
        new.RunningChute(new.DEVELOPMENT, folder / "new.log", **settings) as second,
        first.client() as one,
        second.client() as two,
    ):
        yield Both(name, one, two)


def test_requests_that_worked_get_the_same_answers(both: Both) -> None:
    for path, body in REQUESTS[both.name][1]:
        old, new = both.old.post(path, json=body), both.new.post(path, json=body)
        assert (old.status_code, new.status_code) == (200, 200), (path, old.text, new.text)
        same(old, new)


def test_gets_are_answered_the_same(both: Both) -> None:
    for path in GETS.get(both.name, []):
        same(both.old.get(path).raise_for_status(), both.new.get(path).raise_for_status())


def same(old: httpx.Response, new: httpx.Response) -> None:
    """The same content of the same type."""
    kind = new.headers["content-type"].partition(";")[0]
    assert old.headers["content-type"].partition(";")[0] == kind
    if kind == "application/json":
        assert old.json() == new.json()
    else:
        assert old.content == new.content
