"""Values are followed to where they come from, and what cannot be seen is unknown."""

from collections.abc import Callable
from pathlib import Path

import pytest

from scaffold.check import findings
from support.checking import GOOD, HEAD, ids, unknown


@pytest.mark.parametrize(
    "source",
    [
        f"chute = {GOOD}, max_instances=500)",
        f"MAX = 500\nchute = {GOOD}, max_instances=MAX)",
        f"MAX = 5 * 100\nchute = {GOOD}, max_instances=MAX)",
        f'chute = {GOOD}, **{{"max_instances": 500}})',
        f"SETTINGS = dict(max_instances=500)\nchute = {GOOD}, **SETTINGS)",
        f"def limit():\n    return 500\n\nchute = {GOOD}, max_instances=limit())",
        f"class Config:\n    MAX = 500\n\nchute = {GOOD}, max_instances=Config.MAX)",
        f"def make(n):\n    return {GOOD}, max_instances=n)\n\nchute = make(500)",
        f"def make(n=500):\n    return {GOOD}, max_instances=n)\n\nchute = make()",
        f"def make(**more):\n    return {GOOD}, max_instances=500)\n\nchute = make()",
        f'LIMITS = {{"prod": 500}}\nchute = {GOOD}, max_instances=LIMITS["prod"])',
        f"chute = {GOOD}, max_instances=500 if True else 1)",
        "class Mine(Chute):\n    def __init__(self, **k):\n"
        "        super().__init__(max_instances=500, **k)"
        f"\n\nchute = Mine{GOOD.removeprefix('Chute')})",
        "import chutes.chute as c\nchute = c." + GOOD + ", max_instances=500)",
        f"def outer(n):\n    def inner(m):\n        return {GOOD}, max_instances=m)\n"
        "    return inner(n)\n\nchute = outer(500)",
    ],
)
def test_a_value_is_followed(source: str, write: Callable[..., Path]) -> None:
    assert "LI102" in ids(write(chute_py=f"{HEAD}{source}\n"))


@pytest.mark.parametrize(
    ("source", "why"),
    [
        (f'chute = {GOOD}, max_instances=int(os.getenv("N", "3")))', "environment"),
        (f"def make(n):\n    return {GOOD}, max_instances=n)", "argument n of make"),
        (f"chute = {GOOD}, **SETTINGS)", "some come through **SETTINGS"),
        (f"n = 3\nfor n in range(9):\n    pass\nchute = {GOOD}, max_instances=n)", "changes"),
        (f"n = 3\nn = 4\nchute = {GOOD}, max_instances=n)", "more than one place"),
        (f"n = {{}}\nn['a'] = 3\nchute = {GOOD}, max_instances=n)", "changed after"),
        (f"from elsewhere import N\nchute = {GOOD}, max_instances=N)", "comes from elsewhere"),
    ],
)
def test_what_cannot_be_seen_is_unknown(source: str, why: str, write: Callable[..., Path]) -> None:
    folder = write(chute_py=f"import os\n{HEAD}{source}\n")
    found = unknown(folder)
    assert "LI102" not in ids(folder)
    assert "LI102" in found or "**" in why
    assert any(why in text for text in found.values())


def test_values_come_from_other_files(write: Callable[..., Path]) -> None:
    folder = write(
        settings_py="MAX = 500\n",
        app__factory_py=f"{HEAD}def make(limit):\n    return {GOOD}, max_instances=limit)\n",
        chute_py="from app.factory import make\nimport settings\n\nprod = make(settings.MAX)\n",
    )
    found = [f for f in findings(folder) if f.id == "LI102"]
    assert [(f.file, f.line) for f in found] == [("settings.py", 1)]


def test_each_call_of_a_factory_is_a_chute(write: Callable[..., Path]) -> None:
    source = f"def make(n):\n    return {GOOD}, max_instances=n)\n\n"
    source += "prod = make(3)\nstaging = make(900)\n"
    found = [f for f in findings(write(chute_py=HEAD + source)) if f.id == "LI102"]
    assert [f.line for f in found] == [8]


def test_image_methods_are_followed_through_names(write: Callable[..., Path]) -> None:
    source = (
        'image = Image(username="alice", name="demo", tag="1.0")\n'
        'image = image.from_base("parachutes/python:3.12.9")\n'
        'image.run_command("pip install torch")\n'
    )
    found = [f for f in findings(write(chute_py=HEAD + source)) if f.id == "PI101"]
    assert [f.line for f in found] == [6]


def test_pillow_is_no_container_image(write: Callable[..., Path]) -> None:
    source = f'from PIL import Image\n\nchute = {GOOD})\nImage.open("a.png").copy().user()\n'
    assert "IM101" not in ids(write(chute_py="from chutes.chute import Chute\n" + source))
