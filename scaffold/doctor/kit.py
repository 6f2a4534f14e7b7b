"""What the commands of a generated repository know of machines, read from this version's template.

These modules of chutekit need nothing that is installed; those of the repository are not run.
"""

import importlib.util
import re
import sys
from functools import cache
from types import ModuleType

from scaffold.answers.questions import template_folder


@cache
def module(name: str) -> ModuleType:
    """`setup`, `ports` or `account` of chutekit.ops."""
    path = template_folder() / "project" / "chutekit" / "ops" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"{__name__}.{name}", path)
    assert spec
    assert spec.loader
    found = importlib.util.module_from_spec(spec)
    # Nothing is written into the template, which other programs read.
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        spec.loader.exec_module(found)
    finally:
        sys.dont_write_bytecode = before
    return found


@cache
def pythons() -> tuple[str, ...]:
    """The names by which `make setup` looks for a Python, in its order, and the last resort."""
    listed = re.search(r"for python in ([^;]+);.*?\n.*?done\),(\w+)\)", _makefile())
    assert listed
    return (*listed[1].split(), listed[2])


@cache
def unexported() -> tuple[str, ...]:
    """The variables that no target of the Makefile passes on."""
    return tuple(re.findall(r"(?m)^unexport (.+)$", _makefile())[0].split())


@cache
def _makefile() -> str:
    return (template_folder() / "project" / "Makefile.jinja").read_text(encoding="utf-8")
