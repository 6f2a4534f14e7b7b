"""What stands between a version and production."""

import dataclasses
import json
from pathlib import Path

import pytest

from ops.declared import Declared, code_sha256, declared
from ops.deployment import Live, differences
from ops.errors import REFUSED, Problem
from ops.report import require_green, write


@pytest.fixture
def prod() -> Declared:
    """The production chute of this repository."""
    return declared("prod")


@pytest.fixture
def elsewhere(prod: Declared, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to keep reports in, entered after chute.py was read."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def green(prod: Declared, **changes: object) -> None:
    write(
        "staging",
        {"ok": True, "code_sha256": prod.code_sha256, "image_id": prod.image_id} | changes,
    )


def test_a_green_report_of_this_version_lets_it_pass(prod: Declared, elsewhere: Path) -> None:
    green(prod)
    assert require_green(prod)["ok"] is True


@pytest.mark.parametrize(
    "changes",
    [
        {"ok": False},
        {"ok": "true"},
        {"code_sha256": code_sha256("other")},
        {"image_id": "other"},
        {"time": 0},
        {"time": 1e12},
    ],
    ids=str,
)
def test_any_other_report_does_not(
    prod: Declared, elsewhere: Path, changes: dict[str, object]
) -> None:
    green(prod, **changes)
    with pytest.raises(Problem) as refusal:
        require_green(prod)
    assert refusal.value.status == REFUSED
    assert refusal.value.hint


def test_no_report_does_not(prod: Declared, elsewhere: Path) -> None:
    with pytest.raises(Problem):
        require_green(prod)


def live(prod: Declared, **changes: object) -> Live:
    chute = {**prod.settings, "node_selector": prod.selector} | changes
    return Live("1", prod.image_id, prod.code, json.loads(json.dumps(chute)))


def test_a_chute_as_declared_has_no_differences(prod: Declared) -> None:
    assert differences(prod, live(prod)) == []


def test_every_difference_is_named(prod: Declared) -> None:
    selector = prod.selector | {"gpu_count": 7}
    found = live(prod, max_instances=99, tee=None, node_selector=selector)
    changed = dataclasses.replace(found, code="other", image_id="other")
    text = "; ".join(differences(prod, changed))
    for word in (
        "other code",
        "other image",
        "max_instances is 99",
        "tee is None",
        "gpu_count is 7",
    ):
        assert word in text
    assert differences(prod, None) == ["it is not deployed"]
