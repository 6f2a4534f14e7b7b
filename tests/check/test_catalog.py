"""The table of the SDK, the pages and the plugin say what the checks do."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from scaffold.check import catalog, sdk, sdk_modules
from scaffold.check.model import Severity
from support.checking import ids
from support.places import ROOT


@pytest.mark.usefixtures("sdk_here")
def test_the_table_is_the_real_sdk(monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib
    import inspect

    monkeypatch.setenv("CHUTES_ALLOW_MISSING", "true")
    chute = importlib.import_module("chutes.chute")
    image = importlib.import_module("chutes.image").Image

    def names(function: object, skip: int = 1) -> list[str]:
        found = inspect.signature(function).parameters.values()  # type: ignore[arg-type]
        return [p.name for p in found if p.kind is not p.VAR_KEYWORD][skip:]

    assert tuple(names(chute.Chute.__init__)) == sdk.CHUTE
    assert tuple(names(chute.Cord.__init__, 2)) == sdk.CORD
    assert tuple(names(chute.Job.__init__, 2)) == sdk.JOB
    assert tuple(names(image.__init__)) == sdk.IMAGE
    assert set(chute.NodeSelector.model_fields) == set(sdk.SELECTOR)
    methods = {n for n, m in vars(image).items() if inspect.isfunction(m) and n[0] != "_"}
    assert methods == set(sdk.IMAGE_METHODS)
    assert {n for n in dir(chute.Chute) if n[:2] != "__"} <= sdk.ATTRIBUTES
    for name in sdk_modules.MODULES - {"chutes"}:
        assert importlib.util.find_spec(name) is not None, name
    for builder, wanted in sdk.BUILDERS.items():
        kind = builder.removeprefix("build_").removesuffix("_chute")
        module = importlib.import_module(f"chutes.chute.template.{kind}")
        assert tuple(names(getattr(module, builder), 0)) == wanted


def test_every_page_says_against_what_it_was_checked_and_how() -> None:
    from scaffold.check.evidence import _ALSO, _TABLE, basis
    from scaffold.check.pages import page

    written = [word for ids in (*_TABLE.values(), *_ALSO.values()) for word in ids.split()]
    for word in written:
        assert any(id.startswith(word) for id in catalog.checks()), word
    for check in catalog.checks().values():
        told = basis(check.id)
        assert told, f"scaffold/check/evidence.py does not say how {check.id} is known"
        assert all(kind in page(check) for kind in told)


def test_every_check_says_what_why_and_how() -> None:
    assert len(catalog.checks()) >= 80
    for check in catalog.checks().values():
        assert re.fullmatch(r"[A-Z]{2}\d{3}", check.id)
        assert check.family in catalog.FAMILIES
        assert isinstance(check.severity, Severity)
        assert len(check.title) < 70
        assert len(check.why) > 40
        assert check.why.rstrip()[-1] in ".)'\""
        assert check.fix
        assert check.before != check.after


def test_the_plugin_says_the_same(bad: Path) -> None:
    from scaffold.check import plugin

    found = plugin.chute_findings(bad)
    answers = {id: check.check(found) for id, check in plugin.checks().items()}
    assert {id for id, answer in answers.items() if isinstance(answer, str)} == set(ids(bad))
    assert answers["LI102"] is None
    assert answers["LI101"] is True
    assert plugin.checks()["LI101"].check(plugin.chute_findings(bad / "nowhere")) is True
    assert {check.family for check in plugin.checks().values()} <= set(plugin.families())


@pytest.mark.whole
def test_the_hook_and_the_action_run_the_command() -> None:
    import yaml

    root = ROOT
    (hook,) = yaml.safe_load((root / ".pre-commit-hooks.yaml").read_text())
    action = yaml.safe_load((root / "action.yml").read_text())
    assert hook["entry"] == "chute-new check"
    script = action["runs"]["steps"][0]["run"]
    assert subprocess.run(["bash", "-n"], input=script, text=True, check=False).returncode == 0
    assert "${{" not in script
    assert os.linesep in script
