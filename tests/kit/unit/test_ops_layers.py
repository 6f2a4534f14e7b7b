"""The commands' modules import each other one way, as their package says."""

import ast
import re
import sys
from pathlib import Path

import chutekit.ops
import pytest

OPS = Path(chutekit.ops.__file__).parent
#: Each module's line in the package's description, which is also the order on that line.
LINES = re.findall(r"^    (\w+(?:, \w+)*)   ", chutekit.ops.__doc__ or "", re.MULTILINE)
ORDER = [name for line in LINES for name in line.split(", ")]
ALONE = ["setup", "pin", "ports"]
MODULES = {path.stem: path for path in sorted(OPS.glob("*.py")) if path.stem != "__init__"}
MODULES["probes"] = OPS / "probes" / "__init__.py"


def imported(module: str) -> set[str]:
    """The modules of the package that one imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "chutekit.ops":
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("chutekit.ops."):
            found.add((node.module or "").split(".")[2])
        elif isinstance(node, ast.Import):
            assert not any(alias.name.startswith("chutekit") for alias in node.names), module
    return found


def test_every_module_has_its_line() -> None:
    assert sorted(ORDER + ALONE) == sorted(MODULES)


@pytest.mark.parametrize("module", ORDER)
def test_a_module_imports_only_from_above(module: str) -> None:
    assert imported(module) <= set(ORDER[: ORDER.index(module)])


@pytest.mark.parametrize("module", ALONE)
def test_what_runs_before_the_others_are_installed_imports_none(module: str) -> None:
    assert imported(module) == set()


def test_what_setup_needs_comes_with_python() -> None:
    names = {
        name.partition(".")[0]
        for module in ALONE
        for node in ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8")))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert names <= sys.stdlib_module_names
