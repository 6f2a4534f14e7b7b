"""What a release publishes: the same bytes from each build, all it needs, and a bill of it."""

import json
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import hatchling.build
import pytest
import yaml

from scaffold.git import Git
from support.places import ROOT

sys.path.insert(0, str(ROOT / "hooks"))
import package


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The archives by the end of their names; the builds behind them agreed to the byte."""
    try:
        paths = package.build(tmp_path_factory.mktemp("dist"))
    except subprocess.CalledProcessError as error:
        pytest.fail(error.stderr.decode())
    return {"".join(path.suffixes[-2:]): path for path in paths}


def wheel(built: dict[str, Path]) -> Path:
    """The wheel among them."""
    return next(path for path in built.values() if path.suffix == ".whl")


@pytest.mark.whole
def test_the_wheel_holds_all_of_the_tool_and_the_template_and_no_tests(
    built: dict[str, Path],
) -> None:
    kept = Git(ROOT)("ls-tree", "-r", "--name-only", "HEAD", "scaffold", "template").splitlines()
    wanted = {re.sub(r"^template/", "scaffold/_template/", name) for name in kept}
    names = set(zipfile.ZipFile(wheel(built)).namelist())
    assert wanted - names == set()
    assert {name for name in names if not name.startswith("chute_new-")} == wanted


@pytest.mark.whole
def test_the_source_archive_holds_what_builds_and_tests_it(built: dict[str, Path]) -> None:
    source = next(path for path in built.values() if path.name.endswith(".tar.gz"))
    with tarfile.open(source) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"pyproject.toml", "requirements.lock", "tests/conftest.py", "LICENSE"} <= names


@pytest.mark.whole
def test_builds_that_differ_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    contents = iter([{"a.whl": b"1", "b.tar.gz": b"1"}, {"a.whl": b"2", "b.tar.gz": b"1"}])
    monkeypatch.setattr(package, "_once", lambda *_: next(contents))
    with pytest.raises(package.NotReproducibleError, match=r"a\.whl$"):
        package.build(tmp_path / "dist")


@pytest.mark.whole
def test_the_bill_lists_what_a_user_gets_at_the_versions_that_were_tested(
    built: dict[str, Path],
) -> None:
    bill = json.loads(package.bill(wheel(built)).read_text())
    assert bill["bomFormat"] == "CycloneDX"
    assert bill["metadata"]["component"]["name"] == "chute-new"
    listed = {c["name"].lower().replace("_", "-"): c["version"] for c in bill["components"]}
    assert {"copier", "jinja2", "typer", "questionary"} <= set(listed)
    assert "pytest" not in listed
    locked = dict(re.findall(r"(?m)^([\w.-]+)==(\S+)", (ROOT / "requirements.lock").read_text()))
    assert {name: locked[name] for name in listed} == listed


def test_a_checkout_is_installed_for_editing_by_hatchling_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As CONTRIBUTING has it done, without an environment for the build."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setitem(sys.modules, "editables", None)
    name = hatchling.build.build_editable(str(tmp_path))
    with zipfile.ZipFile(tmp_path / name) as archive:
        listed = [each for each in archive.namelist() if each.endswith(".pth")]
        assert archive.read(listed[0]).decode().strip() == str(ROOT)


def test_the_workflow_attests_what_it_publishes() -> None:
    jobs = yaml.safe_load((ROOT / ".github" / "workflows" / "release.yml").read_text())["jobs"]
    assert jobs["build"]["permissions"] == {"contents": "read"}
    steps = jobs["publish"]["steps"]
    attested = [
        step["with"] for step in steps if step.get("uses", "").startswith("actions/attest@")
    ]
    assert ["sbom-path" in step for step in attested] == [False, True]
    assert all("dist/*.whl" in step["subject-path"] for step in attested)
    published = next(n for n, step in enumerate(steps) if "uv publish" in step.get("run", ""))
    last = max(
        n for n, step in enumerate(steps) if step.get("uses", "").startswith("actions/attest@")
    )
    assert last < published
