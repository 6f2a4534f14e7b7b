"""What is read from a generated repository, and written back with all else as it stood."""

import os
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from scaffold.answers.writing import changed
from scaffold.errors import BadUsage, OutsideFailure, Refused
from scaffold.generated import process, record
from scaffold.generated.module import Module
from support.processes import ends

# --- answers files --------------------------------------------------------------------------------

ANSWERS = """\
# Mine.
name: my-chute   # as agreed
tagline: 'pictures: fast'
"max_instances": 3
exclude: [h100, a100]
cache:
keep_warm: false
"""


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ({"name": "other"}, "name: other   # as agreed"),
        ({"tagline": "it's: new"}, "tagline: 'it''s: new'"),
        ({"max_instances": 12}, '"max_instances": 12'),
        ({"exclude": []}, "exclude: []"),
        ({"exclude": ["l40s"]}, "exclude: [l40s]"),
        ({"cache": "lru"}, "cache: lru"),
        ({"keep_warm": True}, "keep_warm: true"),
        ({"engine": None}, "engine: null"),
    ],
)
def test_one_value_changes_and_all_else_stays(values: dict[str, Any], line: str) -> None:
    after = changed(ANSWERS, values, "answers.yml")
    assert yaml.safe_load(after) == yaml.safe_load(ANSWERS) | values
    different = [text for text in after.splitlines() if text not in ANSWERS.splitlines()]
    assert different == [line]
    assert len(after.splitlines()) == len(ANSWERS.splitlines()) + ("engine" in values)


def test_many_values_change_at_once() -> None:
    values = {"name": "a-much-longer-name", "max_instances": 1, "keep_warm": True, "new": 0.5}
    after = changed(ANSWERS, values, "answers.yml")
    assert yaml.safe_load(after) == yaml.safe_load(ANSWERS) | values
    assert after.endswith("keep_warm: true\nnew: 0.5\n")


def test_a_value_that_looks_like_yaml_is_quoted() -> None:
    for value in ("true", "12", "a: b", "# no comment", "", "null", "@x", "line\nbreak"):
        after = changed(ANSWERS, {"tagline": value}, "answers.yml")
        assert yaml.safe_load(after)["tagline"] == value


@pytest.mark.parametrize("value", ["x", ["of", "others"], []])
def test_a_list_over_several_lines_is_replaced_whole(value: object) -> None:
    after = changed("name:\n  - of\n  - a list\n# kept\nother: 1\n", {"name": value}, "answers.yml")
    assert yaml.safe_load(after) == {"name": value, "other": 1}
    assert after.endswith("# kept\nother: 1\n")


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "---\n"])
def test_an_empty_file_gets_its_first_value(text: str) -> None:
    assert yaml.safe_load(changed(text, {"name": "x"}, "answers.yml")) == {"name": "x"}


@pytest.mark.parametrize(
    "text",
    [
        "- a\n- list\n",
        "name: [\n",
        "name: a\n...\n",
        "name: |\n  of\n  lines\nother: 1\n",
    ],
)
def test_what_cannot_be_changed_in_place_is_refused(text: str) -> None:
    with pytest.raises(BadUsage, match=r"^mine\.yml could not be changed: write plain"):
        changed(text, {"name": "x", "max_instances": 3}, "mine.yml")


# --- the record -----------------------------------------------------------------------------------

RECORD = "# Written by chute-new.\n_commit: v0.4.0\n_src_path: gh:a/b\nname: mine\n"


def test_the_record_says_version_source_and_answers(tmp_path: Path) -> None:
    (tmp_path / record.NAME).write_text(RECORD)
    found = record.read(tmp_path)
    assert (found.version.tag, found.source, found.answers) == (
        "v0.4.0",
        "gh:a/b",
        {"name": "mine"},
    )
    given = record.given(tmp_path)
    assert (given.values, given.lines["name"]) == ({"name": "mine"}, 4)


def test_the_record_is_changed_in_place(tmp_path: Path) -> None:
    (tmp_path / record.NAME).write_text(RECORD)
    record.change(tmp_path, {"_src_path": "chute-new", "revision": "0" * 40})
    text = (tmp_path / record.NAME).read_text()
    assert text == RECORD.replace("gh:a/b", "chute-new") + f"revision: '{'0' * 40}'\n"
    assert record.parsed(text)["revision"] == "0" * 40


def test_a_folder_without_a_record_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="not made by chute-new"):
        record.read(tmp_path)
    with pytest.raises(BadUsage, match="chute-new did not make it"):
        record.given(tmp_path)


@pytest.mark.parametrize("text", [None, "", "- a list", "a: [", "plain"])
def test_what_is_no_record_says_nothing(text: str | None) -> None:
    assert record.parsed(text) == {}


# --- chute.py -------------------------------------------------------------------------------------

CHUTE = '''\
NAME = "mine"  # noqa: E501
SIZE = 2 + 2
WEIGHTS = """
a
b
"""  # noqa: E501
LIMIT = 7


def make(name: str, most: int, idle: int) -> Chute:
    return Chute(name=name, concurrency=LIMIT, image="ü", max_instances=most)


prod = make(NAME, 3, idle=300)
staging = make(f"{NAME}-staging", 1, 60)
'''


def test_literals_of_a_module() -> None:
    module = Module(CHUTE)
    assert (module.text_of("NAME"), module.text_of("WEIGHTS")) == ("mine", "\na\nb\n")
    assert (module.literal("LIMIT"), module.literal("SIZE")) == (7, None)
    assert (module.text_of("LIMIT"), module.literal("NOTHING")) == (None, None)
    assert {name: node.lineno for name, node in module.settings().items()} == {
        "concurrency": 7,
        "most": 14,
        "idle": 14,
    }


def test_literals_are_replaced_where_they_stand() -> None:
    module = Module(CHUTE)
    settings, constants = module.settings(), module.constants
    after = module.edited(
        [
            (constants["WEIGHTS"], 'WEIGHTS = ""'),
            (constants["NAME"].value, '"other"'),
            (settings["most"], "12"),
            (settings["idle"], "60"),
        ]
    )
    assert after == (
        CHUTE.replace('"mine"', '"other"')
        .replace('WEIGHTS = """\na\nb\n"""  # noqa: E501', 'WEIGHTS = ""')
        .replace("make(NAME, 3, idle=300)", "make(NAME, 12, idle=60)")
    )


def test_columns_count_bytes() -> None:
    module = Module('x = ("ü", Chute(tagline="ü", concurrency=1))\n')
    after = module.edited([(module.settings()["concurrency"], "64")])
    assert after == 'x = ("ü", Chute(tagline="ü", concurrency=64))\n'


def test_line_ends_stay_as_they_are() -> None:
    module = Module('A = """\r\nx\r\n"""\r\nB = 1\r\n')
    assert module.edited([(module.constants["A"], "A = 2")]) == "A = 2\r\nB = 1\r\n"


def test_what_is_no_python_says_where(tmp_path: Path) -> None:
    (tmp_path / "chute.py").write_text("x = 1\nx = = 2\n")
    with pytest.raises(BadUsage, match=r"chute\.py is not Python: line 2"):
        Module.of(tmp_path / "chute.py")
    with pytest.raises(BadUsage, match="cannot read"):
        Module.of(tmp_path / "none.py")


# --- its process ----------------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["\u2028", "\x0c", "\x85", "\x1e"])
def test_what_ends_a_line_elsewhere_does_not_here(end: str) -> None:
    chute = Module(f'TAGLINE = "a{end}b"\nIMAGE_TAG = "old"\n')
    edited = chute.edited([(chute.constants["IMAGE_TAG"].value, '"new"')])
    assert edited == f'TAGLINE = "a{end}b"\nIMAGE_TAG = "new"\n'
    text = f'tagline: "a{end}b"\n' if end != "\x0c" and end != "\x1e" else "tagline: a\n"
    assert changed(text, {"tee": True}, "a.yml") == f"{text}tee: true\n"


def python(folder: Path, code: str, seconds: float = 60) -> process.Ended:
    return process.run([sys.executable, "-c", code], folder, seconds=seconds)


@pytest.mark.path
def test_a_process_has_an_empty_home_and_no_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hidden")
    monkeypatch.setenv("CHUTES_CONFIG_PATH", "/somewhere")
    code = (
        "import os, sys, pathlib\n"
        "names = {'HF_TOKEN', 'CHUTES_CONFIG_PATH'} & set(os.environ)\n"
        "home = [path.name for path in pathlib.Path.home().iterdir()]\n"
        "sys.stderr.write(f'{sorted(names)} {home} {os.getcwd()}')\n"
    )
    ended = python(tmp_path, code)
    assert ended == process.Ended(0, f"[] [] {tmp_path}")


@pytest.mark.path
def test_a_process_says_how_it_ended(tmp_path: Path) -> None:
    assert python(tmp_path, "import sys; sys.exit('no')") == process.Ended(1, "no")
    long = python(tmp_path, "import sys; sys.stderr.write('x' * 100_000 + 'end')")
    assert long.said.endswith("xend")
    assert len(long.said) < 5_000


@pytest.mark.path
def test_a_process_that_does_not_end_is_ended_with_what_it_started(tmp_path: Path) -> None:
    code = (
        "import subprocess, sys, time, pathlib\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "pathlib.Path('pid').write_text(str(child.pid))\n"
        "time.sleep(600)\n"
    )
    assert python(tmp_path, code, seconds=2).status is None
    assert ends(int((tmp_path / "pid").read_text()))


@pytest.mark.path
def test_a_program_that_cannot_be_run_is_a_failure_outside(tmp_path: Path) -> None:
    with pytest.raises(OutsideFailure, match="cannot be run"):
        process.run([os.fspath(tmp_path / "none")], tmp_path, seconds=1)
