"""What stands about models and GPUs: every key is known, and none is missing."""

import difflib
from typing import Any

import pytest
import yaml

from scaffold.answers.questions import Questionnaire
from support.places import ROOT

EVERY = {"id", "revision", "license", "gated"}
#: The keys of an entry by workload: those it must have, and those that it may.
KEYS = {
    "image": (
        EVERY
        | {"memory_gb", "dtype", "variant", "side", "steps", "guidance", "negative_prompt", "call"},
        {"task", "edits"},
    ),
    "speech": (EVERY | {"parameters", "memory_gb", "dtype", "translates"}, {"task"}),
    "llm": (
        EVERY
        | {
            "parameters",
            "bytes_per_parameter",
            "layers",
            "heads",
            "kv_heads",
            "head_dim",
            "context",
        },
        {"parsers", "task", "vector", "judge", "sees", "kept"},
    ),
}
CATALOG = next(q.default for q in Questionnaire().questions if q.key == "catalog")
GPUS = next(q.default for q in Questionnaire().questions if q.key == "gpus")
ENTRIES = [(workload, entry) for workload in KEYS for entry in CATALOG[workload]]


def mistakes(workload: str, entry: dict[str, Any]) -> list[str]:
    """What is wrong with the keys of an entry, as somebody who has just written it needs it."""
    needed, allowed = KEYS[workload]
    unknown = entry.keys() - needed - allowed
    near = {key: difflib.get_close_matches(key, needed | allowed, 1) for key in unknown}
    return [
        *(f"{key} is no key; did you mean {near[key]}?" for key in sorted(unknown)),
        *(f"{key} is missing" for key in sorted(needed - entry.keys())),
    ]


@pytest.mark.parametrize(("workload", "entry"), ENTRIES, ids=[e["id"] for _, e in ENTRIES])
def test_an_entry_has_the_keys_that_are_read(workload: str, entry: dict[str, Any]) -> None:
    wrong = mistakes(workload, entry)
    assert not wrong, f"template/data/models.yml, {entry['id']}: {'; '.join(wrong)}"


def test_a_misspelt_key_is_told_with_the_right_one() -> None:
    entry = dict(CATALOG["image"][0])
    entry["memroy_gb"] = entry.pop("memory_gb")
    assert mistakes("image", entry) == [
        "memroy_gb is no key; did you mean ['memory_gb']?",
        "memory_gb is missing",
    ]


def test_the_two_tables_of_gpus_have_the_same_ones_and_name_each_other() -> None:
    known, fast = (ROOT / "template/data/gpus.yml"), (ROOT / "scaffold/plan/gpus.yml")
    ids = [gpu["id"] for gpu in yaml.safe_load(known.read_text())["gpus"]["default"]]
    speeds = yaml.safe_load(fast.read_text())
    missing, unknown = sorted(set(ids) - set(speeds)), sorted(set(speeds) - set(ids))
    assert not missing, f"not in scaffold/plan/gpus.yml: {missing}"
    assert not unknown, f"not in template/data/gpus.yml: {unknown}"
    assert "scaffold/plan/gpus.yml" in known.read_text()
    assert "template/data/gpus.yml" in fast.read_text()


def test_gpus_are_listed_by_memory() -> None:
    sizes = [gpu["vram_gb"] for gpu in GPUS]
    assert sizes == sorted(sizes), "template/data/gpus.yml: after those with less memory"
