"""The film in the README: what refresh.py makes of the program today can be shown anywhere."""

import re
import tempfile
from pathlib import Path
from xml.etree import ElementTree

from support.places import ROOT


def test_each_is_shown_in_both_themes_and_names_no_server_or_folder() -> None:
    shown = set(re.findall(r"docs/pictures/([\w-]+\.svg)", (ROOT / "README.md").read_text()))
    made = {path.name: path.read_text() for path in (ROOT / "docs" / "pictures").iterdir()}
    assert shown == set(made)
    assert {name.replace("dark", "light") for name in made if "dark" in name} == {
        name for name in made if "light" in name
    }
    for name, svg in made.items():
        assert "@font-face" not in svg, name
        assert set(re.findall(r"https?://[^\s\"']+", svg)) == {"http://www.w3.org/2000/svg"}
        for folder in (ROOT, Path.home(), tempfile.gettempdir()):
            assert str(folder) not in svg, name


def test_the_film_is_small_and_ends_for_those_who_want_no_motion() -> None:
    for path in (ROOT / "docs" / "pictures").iterdir():
        svg = path.read_text()
        assert len(svg) < 60_000, path.name
        assert "prefers-reduced-motion: reduce" in svg
        frames = re.findall(r"translateY\((-[\d.]+)px\)", svg)
        assert len(frames) > 10
        assert frames[-1] == frames[-2], "it rests where it ends"
        ElementTree.fromstring(svg)
