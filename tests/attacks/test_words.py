"""Names and texts that act when they are shown: on a terminal, in a CI log, in a summary."""

import json
import re
from pathlib import Path

import pytest

from scaffold.check.command import FORMATS
from scaffold.runtime import streams
from support.command import Run

# Moves the cursor and clears, renames the window, ends a line early, hides, reverses.
ACTING = (
    "\x1b[2J",
    "\x1b]0;mine\x07",
    "\r",
    "\x08",
    "\x9b2J",
    "\u202e",
    "\u2066",
    "\u200f",
    "\x7f",
)
SEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
COMMANDS = ("::error::theirs", "  ::set-env name=A::b", "\t::stop-commands::x", "##[error]theirs")


@pytest.mark.parametrize("text", ACTING)
def test_what_acts_is_shown_as_what_it_is(text: str) -> None:
    shown = streams.plain(f"a{text}b")
    assert not SEEN.search(shown)
    assert json.loads(f'"{shown}"') == f"a{text}b"


@pytest.mark.parametrize("text", ["plain", "a\n\tb\n", "größe 模型 🙂", "a\r\nb", "a::b", "# #[x]"])
def test_other_text_stays(text: str) -> None:
    assert streams.plain(text) == text


@pytest.mark.parametrize("text", COMMANDS)
def test_commands_of_a_pipeline_are_none(text: str) -> None:
    for shown in streams.plain(f"{text}\na\n{text}").splitlines():
        assert not shown.strip().startswith("::")
        assert "##[" not in shown
    assert "##[" not in streams.plain(text, commands=True)


def hostile(folder: Path) -> Path:
    """A repository whose names and texts act, each in a finding."""
    folder.mkdir()
    for number, text in enumerate((*ACTING, *COMMANDS, "\n::error::theirs", "```", "%0A::x")):
        name = f"{text}{number}".replace("/", "")
        value = repr(f"{text} é") if number % 2 else json.dumps(f"{text} é", ensure_ascii=False)
        value = value if not SEEN.search(value.replace("\n", "")) else repr(text)
        (folder / f"{name}.py").write_text(
            "from chutes.chute import Chute, NodeSelector\n"
            f"chute = Chute(username={value}, name={value}, tagline={value}, image={value},\n"
            f"    node_selector=NodeSelector(include=[{value}]))\n"
            f"@chute.cord(public_api_path={value}, method={value})\n"
            f"async def a(self): raise RuntimeError({value})\n"
        )
    return folder


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("where", ["stdout", "file"])
def test_nothing_that_is_checked_acts(
    tmp_path: Path, chute_new: Run, form: str, where: str
) -> None:
    folder = hostile(tmp_path / "hostile")
    to = ("--output", "report") if where == "file" else ()
    run = chute_new("check", str(folder), "--all", "--format", form, *to)
    assert run.returncode == 1, run.stderr
    text = (tmp_path / "report").read_bytes().decode() if to else run.stdout
    assert "theirs" in text
    assert not SEEN.search(text.replace("\n", ""))
    ours = re.compile(r"::(error|warning|notice) file=[^:,]*,line=\d+,title=[A-Z]{2}\d+::")
    for line in text.split("\n"):
        assert "##[" not in line
        if line.lstrip().startswith("::"):
            assert form == "github"
            assert ours.match(line), line
    if form in ("json", "sarif"):
        assert json.loads(text)


def test_a_correction_that_is_shown_does_not_act(tmp_path: Path, chute_new: Run) -> None:
    folder = hostile(tmp_path / "hostile")
    run = chute_new("check", str(folder), "--fix")
    assert "---" in run.stderr
    assert not SEEN.search((run.stdout + run.stderr).replace("\n", ""))
    lines = (run.stdout + run.stderr).splitlines()
    assert not [line for line in lines if line.lstrip().startswith("::") or "##[" in line]


@pytest.mark.parametrize("command", ["check", "pin", "update", "plan"])
@pytest.mark.parametrize("name", ["\x1b[2Jx", "x\n::error::theirs", "\u202ex", "##[error]x"])
def test_an_error_that_names_it_does_not_act(
    tmp_path: Path, chute_new: Run, command: str, name: str
) -> None:
    run = chute_new(command, name)
    assert run.returncode in (2, 3), run.stderr
    assert not SEEN.search(run.stderr.replace("\n", ""))
    lines = run.stderr.splitlines()
    assert not [line for line in lines if line.startswith("::") or "##[" in line]
