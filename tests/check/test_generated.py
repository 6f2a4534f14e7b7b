"""A generated repository has no finding, whatever was answered, and is checked quickly."""

from pathlib import Path
from typing import Any

import pytest

from scaffold.check.engine import examine
from support.answers import A_COMMIT
from support.next_release import pairwise
from support.repositories import rendered

pytestmark = pytest.mark.path  # each renders a repository

MORE: list[dict[str, Any]] = [
    {"base_image": f"parachutes/python:3.12.9@sha256:{'a' * 64}"},
    {"workload": "llm", "concurrency": 1, "max_instances": 1, "scaling_threshold": 1},
    {"workload": "image", "model": "stabilityai/sdxl-turbo", "tagline": 'quotes " and { braces'},
    {"workload": "llm", "model": "a/b", "revision": A_COMMIT, "gpu_count": 8, "include": []},
    {"workload": "image", "exclude": ["h200", "b200"], "include": []},
    {"name": "a-tee", "tee": True},
    {"max_hourly_price_per_gpu": 1.8, "staging_max_instances": 5},
]


@pytest.mark.parametrize(
    "answers",
    [
        *(pytest.param(answers, marks=pytest.mark.whole) for answers in pairwise()),
        *MORE[:2],
        *(pytest.param(answers, marks=pytest.mark.whole) for answers in MORE[2:]),
    ],
    ids=str,
)
def test_there_is_no_finding(answers: dict[str, Any], tmp_path: Path) -> None:
    report = examine(rendered(answers, tmp_path / "out"))
    assert [f"{f.file}:{f.line} {f.id} {f.message}" for f in report.findings] == []
    assert [f"{u.file}:{u.line} {u.id} {u.why}" for u in report.unknown] == []
    assert set(report.summary.values()) == {"done"}
    assert "CK101" not in {warning.id for warning in report.warnings}, "chutekit is as it came"


def test_what_the_owner_answered_is_a_warning(tmp_path: Path) -> None:
    answers = {"workload": "llm", "tee": False, "gpu_count": 2, "include": ["h100", "h200"]}
    report = examine(rendered(answers, tmp_path / "out"))
    assert {warning.id for warning in report.warnings} == {"HW101", "HW102", "PI104"}
    (tmp_path / "out" / ".copier-answers.yml").unlink()
    assert {f.id for f in examine(tmp_path / "out").findings} == {"HW101", "HW102"}


def test_a_pinned_base_leaves_no_warning(tmp_path: Path) -> None:
    report = examine(rendered(MORE[0], tmp_path / "out"))
    assert report.warnings == ()
