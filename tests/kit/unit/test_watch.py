"""Alerts and dashboards ask for what the kit measures, under the labels it has."""

import itertools
import json
import re
from pathlib import Path
from typing import Any

import chutekit.caches.lru
import chutekit.engines.relay
import chutekit.engines.streaming
import chutekit.models.workshop
import chutekit.pictures.studio
import chutekit.serving.recall
import pytest
import yaml
from chutekit.engines.metrics import EngineCollector
from chutekit.serving.metrics import exposition
from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families

from support.promql import asked

WATCH = Path(chutekit.__file__).parent / "watch"
RULES = sorted(WATCH.glob("*.yml"))
DASHBOARDS = sorted(WATCH.glob("dashboards/*.json"))
CHUTES = sorted(WATCH.parents[1].glob("*/chute.py.jinja"))
TARGETS = {"chute:target:p95_seconds", "chute:target:gpu_bytes"}
#: Which metrics only some chutes have, by the file that may ask for them.
OWN = {"llm": "llm_", "pictures": "image_", "models": "model_"}
ADDED = {"job", "instance", "replica", "service"}
PARTS = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count"), "gauge": ("",)}


def measured() -> dict[str, frozenset[str]]:
    """The names of samples, each with its labels."""
    found: dict[str, frozenset[str]] = {"up": frozenset()}
    engine = EngineCollector(dict, lambda: True)
    for collector in [*REGISTRY._collector_to_names, engine]:
        labels = frozenset(getattr(collector, "_labelnames", ()))
        described = collector.describe() if hasattr(collector, "describe") else ()
        for family in described or collector.collect():
            for part in PARTS.get(family.type, ("",)):
                found[family.name + part] = labels | ({"le"} if part == "_bucket" else set())
    return found


def rules(file: Path) -> list[dict[str, Any]]:
    return [rule for group in yaml.safe_load(file.read_text())["groups"] for rule in group["rules"]]


def panels(file: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(file.read_text())["panels"]
    return found


RECORDED = {rule["record"] for file in RULES for rule in rules(file) if "record" in rule}
EXPRESSIONS = [
    pytest.param(file, rule["expr"], id=f"{file.stem} {rule.get('alert', rule.get('record'))}")
    for file in RULES
    for rule in rules(file)
] + [
    pytest.param(file, target["expr"], id=f"{file.stem} {panel['title']} {target['refId']}")
    for file in DASHBOARDS
    for panel in panels(file)
    for target in panel["targets"]
]


@pytest.mark.parametrize(("file", "expression"), EXPRESSIONS)
def test_what_is_asked_for_is_measured(file: Path, expression: str) -> None:
    known, found = measured(), asked(expression)
    assert found.metrics
    own = {name for name in found.metrics if not name.startswith("chute:")}
    assert own <= known.keys()
    assert set(found.metrics) - own <= TARGETS | RECORDED
    labels = set().union(*(known.get(name, {"status"}) for name in found.metrics)) | ADDED
    assert found.grouped <= labels
    for name, matched in found.metrics.items():
        assert matched <= known.get(name, {"status", "le"}) | ADDED
    others = tuple(prefix for stem, prefix in OWN.items() if stem != file.stem)
    assert not [name for name in own if name.startswith((*others, "cache_bytes"))]


@pytest.mark.parametrize("file", RULES, ids=lambda file: file.stem)
def test_an_alert_says_what_is_wrong_and_what_to_do(file: Path) -> None:
    alerts = [rule for rule in rules(file) if "alert" in rule]
    assert alerts
    for rule in alerts:
        assert rule["labels"]["severity"] in ("page", "warn", "note")
        assert {"summary", "runbook"} == rule["annotations"].keys()
        assert len(rule["annotations"]["runbook"]) > 60


def test_the_readme_says_what_each_alert_means() -> None:
    readme = (WATCH.parents[1] / "README.md.jinja").read_text()
    alerts = [rule["alert"] for file in RULES for rule in rules(file) if "alert" in rule]
    assert [alert for alert in alerts if f"`{alert}`" not in readme] == []


@pytest.mark.parametrize("file", DASHBOARDS, ids=lambda file: file.stem)
def test_panels_of_a_dashboard_do_not_overlap(file: Path) -> None:
    found = panels(file)
    assert len({panel["id"] for panel in found}) == len(found)
    places = [panel["gridPos"] for panel in found]
    assert all(place["x"] + place["w"] <= 24 for place in places)
    for one, other in itertools.combinations(places, 2):
        assert (
            one["x"] + one["w"] <= other["x"]
            or other["x"] + other["w"] <= one["x"]
            or one["y"] + one["h"] <= other["y"]
            or other["y"] + other["h"] <= one["y"]
        )


def test_a_legend_names_labels_that_are_there() -> None:
    known = measured()
    for panel in itertools.chain.from_iterable(map(panels, DASHBOARDS)):
        for target in panel["targets"]:
            named = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
            found = asked(target["expr"])
            own = (known.get(metric, frozenset()) for metric in found.metrics)
            kept = found.grouped or ADDED.union(*own)
            assert named <= kept


def test_every_sample_says_which_instance_it_is_of() -> None:
    page = exposition("a1b2c3d4")
    families = text_string_to_metric_families(bytes(page.body).decode())
    samples = [sample for family in families for sample in family.samples]
    assert {sample.labels["replica"] for sample in samples} == {"a1b2c3d4"}
    assert {"chute_ready", "process_start_time_seconds"} <= {sample.name for sample in samples}
    assert page.media_type is not None
    assert page.media_type.startswith("text/plain")


@pytest.mark.parametrize("chute", CHUTES, ids=lambda chute: chute.parent.name)
def test_every_kind_of_chute_has_its_samples_say_so(chute: Path) -> None:
    """Most alerts and panels tell instances apart."""
    assert "return exposition(self.instance.replica)" in chute.read_text()
