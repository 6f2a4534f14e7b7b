"""What stands between a version and production."""

import dataclasses
import json
import time
import uuid
from pathlib import Path

import pytest
from chutekit.ops.command import REFUSED, Problem
from chutekit.ops.declared import Declared, declared
from chutekit.ops.live import Live, differences
from chutekit.ops.notes import store
from chutekit.ops.smoke import report_of, require_green


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
    tested = {"code_sha256": prod.code_sha256, "image_id": prod.image_id}
    store(report_of("staging"), {"time": time.time(), "ok": True, **tested} | changes)


def test_a_green_report_of_this_version_lets_it_pass(prod: Declared, elsewhere: Path) -> None:
    green(prod)
    assert require_green(prod)["ok"] is True


@pytest.mark.parametrize(
    "changes",
    [
        {"ok": False},
        {"ok": "true"},
        {"code_sha256": "0" * 64},
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


def live(prod: Declared, code: str = "", patch: str = "initial", **changes: object) -> Live:
    """The chute as the platform shows it, with the version that it derives from the code."""
    image = {"image_id": prod.image_id, "patch_version": patch}
    label = f"{prod.image_id}:{patch}:{code or prod.code}"
    version = str(uuid.uuid5(uuid.NAMESPACE_OID, label))
    chute = {"version": version, "image": image, **prod.settings, "node_selector": prod.selector}
    return Live(json.loads(json.dumps(chute | changes)))


def test_a_chute_as_declared_has_no_differences(prod: Declared) -> None:
    assert differences(prod, live(prod)) == []


@pytest.mark.parametrize("patch", ["0123456789ab", None])
def test_a_patch_of_the_image_is_no_difference(prod: Declared, patch: str) -> None:
    found = live(prod, patch=patch)
    assert found.version != live(prod).version
    assert differences(prod, found) == []


def selecting(prod: Declared, **selector: object) -> Declared:
    return dataclasses.replace(prod, selector=prod.selector | selector)


@pytest.mark.parametrize(
    ("declared", "reported"),
    [
        ({"exclude": []}, {"exclude": ["mi300x", "b200"]}),
        ({}, {"exclude": ["mi300x", "b200"]}),
        ({"exclude": ["l40", "a100"]}, {"exclude": ["a100", "l40"]}),
        ({"include": ["h100", "h200"]}, {"include": ["h200", "h100"]}),
    ],
)
def test_gpus_are_compared_without_order_and_without_what_the_platform_adds(
    prod: Declared, declared: dict[str, object], reported: dict[str, object]
) -> None:
    wanted = selecting(prod, **declared)
    assert differences(wanted, live(prod, node_selector=wanted.selector | reported)) == []


@pytest.mark.parametrize(
    ("declared", "reported"),
    [
        ({"exclude": ["l40"]}, {"exclude": ["mi300x", "b200"]}),
        ({"exclude": ["l40", "a100"]}, {"exclude": ["l40"]}),
        ({"exclude": []}, {"exclude": ["l40"]}),
        ({"include": ["h100"]}, {"include": None}),
    ],
)
def test_other_gpus_are_a_difference(
    prod: Declared, declared: dict[str, object], reported: dict[str, object]
) -> None:
    wanted = selecting(prod, **declared)
    assert differences(wanted, live(prod, node_selector=wanted.selector | reported))


def test_every_difference_is_named(prod: Declared) -> None:
    selector = prod.selector | {"gpu_count": 7}
    image = {"image_id": "other", "patch_version": "initial"}
    changed = live(prod, "other", max_instances=99, tee=None, node_selector=selector, image=image)
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
