"""A defect of ours: exit code 1, one line, and a report that holds nothing of the user's."""

import re
from pathlib import Path

import pytest

from scaffold import __version__
from scaffold.__main__ import run
from scaffold.answers.questions import Questionnaire

ARGUMENTS = ["create", "out", "--defaults", "--set", "username=marietta", "--set=name=bistro"]


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A tool with a defect whose message holds answers, in a folder of its own."""

    def resolve(self: Questionnaire, given: dict[str, object], *_: object) -> None:
        try:
            raise KeyError(given["username"])
        except KeyError as error:
            raise AssertionError(f"{given}") from error

    monkeypatch.setattr(Questionnaire, "resolve", resolve)
    monkeypatch.setattr("scaffold.runtime.interrupts.install", lambda: None)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("broken")
def test_a_report_holds_versions_and_code_but_no_answers(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert run(ARGUMENTS) == 1
    said = capsys.readouterr().err
    assert "a defect of chute-new" in said
    assert "Traceback" not in said
    (report,) = tmp_path.glob("chute-new-defect-*.txt")
    assert str(report) in said
    text = report.read_text()
    assert text.startswith(f"chute-new {__version__}, Python 3.")
    assert re.search(r"copier \d+\.\d+", text)
    assert "options: create --defaults --set --set" in text
    assert text.index("AssertionError at") < text.index("KeyError at")
    assert "in run_create" in text
    assert "marietta" not in text + said
    assert "bistro" not in text + said
    assert str(Path.home()) not in text


@pytest.mark.usefixtures("broken")
def test_debug_shows_the_traceback_instead(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="marietta"):
        run(ARGUMENTS, debug=True)
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("broken")
def test_without_room_for_a_report_it_says_how_to_get_one(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.NamedTemporaryFile", full)
    assert run(ARGUMENTS) == 1
    assert "--debug" in capsys.readouterr().err
