"""The pictures in the README are what the program shows today."""

import re
import tempfile
from pathlib import Path

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
