"""Imports point downward: each package of the tool knows only what stands below it.

`hooks/imports.py` draws what is held here.
"""

from collections import Counter
from pathlib import Path

import pytest

from imports import circle, modules, package, packages, picture

# From the bottom; what stands in one row does not know each other.
LAYERS = (
    ("scaffold", "cost", "errors", "git", "memory", "versions"),
    ("foreign", "runtime"),
    ("answers", "destination", "files"),
    ("completion", "failure", "generated", "models"),
    ("check", "pins", "plan"),
    ("doctor", "wizard"),
    ("creation", "update"),
    ("adopt",),
    ("cli",),
    ("__main__",),
)
IMPORTS = modules()
HEIGHTS = {name: height for height, row in enumerate(LAYERS) for name in row}


def test_every_package_has_its_layer() -> None:
    """One that is new is given a place before anybody imports it; one that is gone leaves it."""
    named = Counter(name for row in LAYERS for name in row)
    assert named == Counter(packages(IMPORTS).keys())


def test_packages_import_only_from_below() -> None:
    upward = [
        f"{name} ({HEIGHTS[package(name)]}) imports {each} ({HEIGHTS[package(each)]})"
        for name, imported in IMPORTS.items()
        for each in imported
        if package(name) != package(each) and HEIGHTS[package(name)] <= HEIGHTS[package(each)]
    ]
    assert upward == []


def test_modules_import_each_other_in_no_circle() -> None:
    assert circle(IMPORTS) == []


def test_families_of_checks_do_not_borrow_from_each_other() -> None:
    """What two of them need stands in `check`, where nobody takes it for part of one family."""
    families = "scaffold.check.families."
    borrowed = {
        name: borrowed
        for name, imported in IMPORTS.items()
        if name.startswith(families)
        and (borrowed := sorted(each for each in imported if each.startswith(families)))
    }
    assert borrowed == {}


@pytest.mark.parametrize(
    "statement",
    [
        "from house import upper",
        "from house.upper import room",
        "import house.upper",
        "import os, house.upper as other",
        "def open_door():\n    from house.upper import room",
        "if TYPE_CHECKING:\n    from house.upper import room",
        "try:\n    import house.upper\nexcept ImportError:\n    pass",
    ],
)
def test_imports_are_seen_wherever_they_stand(tmp_path: Path, statement: str) -> None:
    found = modules(house(tmp_path, lower=statement, upper="from house import lower"))
    assert found["house.lower"] == {"house.upper"}
    assert sorted(circle(found)) == ["house.lower", "house.upper"]


def test_a_package_stands_for_its_modules(tmp_path: Path) -> None:
    folder = house(tmp_path, lower="", upper="from house.cellar.wine import shelf")
    (folder / "cellar").mkdir()
    (folder / "cellar/__init__.py").write_text("from house.cellar import wine")
    (folder / "cellar/wine.py").write_text("from house import lower\nshelf = 1")
    found = modules(folder)
    assert found["house.cellar"] == {"house.cellar.wine"}
    assert packages(found) == {
        "house": set(),
        "cellar": {"lower"},
        "lower": set(),
        "upper": {"cellar"},
    }
    assert circle(found) == []


def test_relative_imports_are_refused(tmp_path: Path) -> None:
    """They would not be seen."""
    with pytest.raises(ValueError, match=r"lower\.py:2: name the package"):
        modules(house(tmp_path, lower="import os\nfrom . import upper", upper=""))


def test_the_picture_leaves_out_what_follows() -> None:
    found = {name: frozenset(rest) for name, rest in {"a": "bc", "b": "c", "c": ""}.items()}
    assert picture(found).splitlines() == ["graph TD", "  a --> b", "  b --> c"]


def house(folder: Path, **texts: str) -> Path:
    """A package of that name with these modules."""
    made = folder / "house"
    made.mkdir()
    (made / "__init__.py").touch()
    for name, text in texts.items():
        (made / f"{name}.py").write_text(text)
    return made
