"""What a chute logs, or whoever answers as the platform says, acts on no terminal or pipeline."""

import argparse

import pytest
from chutekit.ops import command
from chutekit.ops.command import Problem, Result
from chutekit.ops.plain import plain

from scaffold.runtime import streams

ACTING = {
    "clears the screen": "\x1b[2Jgone",
    "hides what stands before": "all is well\rerror",
    "rings and deletes": "\a\b\b",
    "shown backwards": "a\u202eb\u2066",
    "a command": "one\n  ::error file=a.py::two",
    "an old command": "one ##[error]two",
    "a line of its own": "a\u2028::stop-commands::x",
}
HARMLESS = '== instance a\n{"time": 1, "at": "engine.py:12:start"}\r\n\tä 语 std::vector ## [x]\n'


@pytest.mark.parametrize("text", ACTING.values(), ids=ACTING)
@pytest.mark.parametrize("where", ["result", "problem", "told"])
def test_nothing_acts(text: str, where: str, capsys: pytest.CaptureFixture[str]) -> None:
    def answer(_: argparse.Namespace) -> Result:
        if where == "problem":
            raise Problem(text, text)
        command.say(text)
        return Result(text if where == "result" else "")

    parser = argparse.ArgumentParser()
    parser.set_defaults(json=False, debug=False)
    with pytest.MonkeyPatch.context() as patch, pytest.raises(SystemExit):
        patch.setattr("sys.argv", ["command"])
        command.run(answer, parser)
    shown = "".join(capsys.readouterr())
    assert plain(text) in shown
    assert text not in shown
    assert shown == plain(shown)


def test_what_does_not_act_is_left() -> None:
    assert plain(HARMLESS) == HARMLESS


@pytest.mark.parametrize("text", [*ACTING.values(), HARMLESS], ids=[*ACTING, "harmless"])
def test_the_tool_shows_it_alike(text: str) -> None:
    assert plain(text) == streams.plain(text)
