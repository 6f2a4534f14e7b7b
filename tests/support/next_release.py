"""Releases of the real template, the next one, and what they make of answers."""

import itertools
import shutil
from pathlib import Path
from typing import Any

import yaml

from scaffold.answers.questions import Questionnaire
from scaffold.generated.render import render
from scaffold.update import history
from scaffold.versions import Version
from support.answers import REQUIRED
from support.places import ROOT
from support.releases import release

RELEASED = history.versions()
NEXT = Version(99, 0, 0)
CHOICES: dict[str, list[Any]] = {
    "engine": ["diffusers", "vllm", "sglang"],
    "cache": ["none", "lru", "redis"],
    "ci": ["github", "none"],
    "keep_warm": [True, False],
    "metrics_cord": [True, False],
    "gpu_count": [1, 2],
    "tagline": ["plain", 'a "quoted" $(line)\nand 🎈'],
}
WORKLOADS = {"diffusers": "image", "vllm": "llm", "sglang": "llm"}


def pairwise() -> list[dict[str, Any]]:
    """Few sets of answers in which every two choices meet."""
    keys = list(CHOICES)
    wanted = {
        frozenset([(a, x), (b, y)])
        for a, b in itertools.combinations(range(len(keys)), 2)
        for x in range(len(CHOICES[keys[a]]))
        for y in range(len(CHOICES[keys[b]]))
    }
    everything = list(itertools.product(*(range(len(CHOICES[key])) for key in keys)))
    chosen = []
    while wanted:
        best = max(everything, key=lambda row: len(wanted & _pairs(row)))
        wanted -= _pairs(best)
        row = {key: CHOICES[key][index] for key, index in zip(keys, best, strict=True)}
        chosen.append({**REQUIRED, "workload": WORKLOADS[row["engine"]], **row})
    return chosen


def _pairs(row: tuple[int, ...]) -> set[frozenset[tuple[int, int]]]:
    return {frozenset(pair) for pair in itertools.combinations(enumerate(row), 2)}


def example(path: Path) -> dict[str, Any]:
    """The answers of an example."""
    return dict(yaml.safe_load(path.read_text()))


EXAMPLES = [example(path) for path in sorted((ROOT / "examples").glob("*.yml"))]
#: For every release; a model of one's own is for those from the first that knows it.
ANSWERS = [*pairwise(), *(each for each in EXAMPLES if each["workload"] != "custom")]
OWN = [each for each in EXAMPLES if each["workload"] == "custom"]
FIRST_OWN = Version(0, 8, 0)


def next_template(source: Path, folder: Path, version: Version = NEXT) -> Path:
    """A copy of a template under a later version."""
    ignored = shutil.ignore_patterns("__pycache__", ".ruff_cache", "*.pyc")
    shutil.copytree(source, folder, ignore=ignored)
    questions = folder / "copier.yml"
    pattern = release.PLACES["template/copier.yml"]
    questions.write_text(pattern.sub(rf"\g<1>{version}\g<3>", questions.read_text()))
    return folder


def generated(template: Path, folder: Path, answers: dict[str, Any]) -> Path:
    """What a template makes of answers."""
    questionnaire = Questionnaire(template)
    resolution = questionnaire.resolve(answers)
    assert not resolution.problems
    folder.mkdir()
    render(template, resolution.answers, folder)
    return folder
