"""The lock of what the tool itself needs: of the other's versions, and nothing else."""

import re
import tomllib

from scaffold.pins.locks import hashes, locked
from support.places import ROOT

RUN, ALL = ((ROOT / f"requirements{name}.lock").read_text() for name in ("-run", ""))


def test_what_runs_is_what_is_tested() -> None:
    tested = locked(ALL)
    assert locked(RUN) == {name: tested[name] for name in locked(RUN)}
    assert hashes(RUN).keys() == locked(RUN).keys()
    assert all(hashes(RUN).values())


def test_it_has_what_the_package_asks_for_and_none_of_the_tests_tools() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    needed = {re.split(r"[<>=]", line)[0] for line in project["dependencies"]}
    assert needed <= locked(RUN).keys()
    assert locked(RUN).keys().isdisjoint({"chutes", "pytest", "mypy", "ruff", "hypothesis"})


def test_the_first_command_of_the_readme_installs_it() -> None:
    first = re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)[0]
    assert "-r requirements-run.lock" in first
