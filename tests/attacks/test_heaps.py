"""Heaps, depths and oddities to check: one sentence each, never hours, gigabytes or a defect."""

import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from scaffold import foreign
from scaffold.check import command, engine, findings, tree
from scaffold.check.catalog import checks
from scaffold.check.command import CheckOptions, run_check
from scaffold.errors import Refused
from scaffold.generated import record
from scaffold.runtime import patience
from support.command import Run

CHUTE = "from chutes.chute import Chute\nchute = Chute(username='alice', name='demo')\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "folder"
    path.mkdir()
    (path / "chute.py").write_text(CHUTE)
    return path


def said(chute_new: Run, folder: Path) -> str:
    """What `check` says in the one sentence with which it refuses."""
    run = chute_new("check", str(folder))
    assert run.returncode == 3, run.stderr
    assert run.stdout == ""
    return run.stderr


def test_much_code(folder: Path, chute_new: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files below the bound of one file: 42 of them took 12 GB of memory."""
    assert tree.MAX_ALL_NODES <= 3_000_000
    monkeypatch.setattr(tree, "MAX_ALL_NODES", 100_000)
    for number in range(42):
        (folder / f"m{number}.py").write_text("x=1\n" * 10_000)
    assert "holds more than 100,000 parts" in said(chute_new, folder)


def test_text_of_any_kind(folder: Path, chute_new: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree, "MAX_ALL_BYTES", 2**20)
    for number in range(40):
        (folder / f"s{number}.sh").write_text("# nothing\n" * 5000)
    assert "holds more than 1 MiB of text" in said(chute_new, folder)


def test_many_files(folder: Path, chute_new: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(foreign, "MAX_FILES", 100)
    for number in range(101):
        (folder / f"{number}.txt").touch()
    assert "holds more than 100 files and folders" in said(chute_new, folder)


def test_folders_2000_deep(folder: Path, chute_new: Run) -> None:
    """Deeper than a path may be long, so each is made in the one before."""
    at = os.open(folder, os.O_RDONLY)
    for _ in range(2000):
        os.mkdir("deeper", dir_fd=at)
        inner = os.open("deeper", os.O_RDONLY, dir_fd=at)
        os.close(at)
        at = inner
    os.close(at)
    try:
        assert "lie more than 50 deep" in said(chute_new, folder)
    finally:  # by hand: what cleans up after tests goes as deep itself
        top, rest = folder / "deeper", folder / "rest"
        while (top / "deeper").exists():
            (top / "deeper").rename(rest)
            top.rmdir()
            rest.rename(top)


def test_a_check_that_does_not_end(
    folder: Path, chute_new: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def endless(*_: object) -> None:
        while True:
            try:
                time.sleep(600)
            except Exception:  # as a check may catch what it should not
                raise AssertionError from None

    monkeypatch.setattr(engine, "_answers", endless)
    monkeypatch.setattr(patience, "SECONDS", 0.2)
    with pytest.raises(Refused, match="takes more than"):
        run_check(folder, CheckOptions())


@pytest.mark.parametrize("name", ["pyproject.toml", record.NAME, "chutekit/MANIFEST.json"])
@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "a = " + "[" * 100_000,
        "a: " + "[" * 100_000,
        '{"files": ' * 100_000,
        "a: 2026-99-99\n",
        "[tool.chute-new.check]\nwaivers = 1\n",
        "[[tool.chute-new.check.waivers]]\nid = []\npath = 1\nreason = {}\nuntil = 2026-01-01\n",
        "\0" * 1000,
    ],
    ids=["brackets", "toml", "yaml", "json", "date", "waivers", "waiver", "nothing"],
)
def test_nested_and_odd_settings(folder: Path, chute_new: Run, name: str, text: str) -> None:
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text(text)
    run = chute_new("check", str(folder), "--format", "json")
    assert run.returncode == 1, run.stderr
    assert "defect" not in run.stderr
    assert "EN102" not in {each["id"] for each in json.loads(run.stdout)["findings"]}


@pytest.mark.parametrize(
    "text",
    [
        "x = " + "(" * 100_000,
        "x = " + "-" * 100_000 + "1",
        "x = " + "a." * 100_000 + "b",
        "if a:\n" + "".join(" " * n + "if a:\n" for n in range(1, 200)),
        "x = " + "[" * 90 + "]" * 90,
        "x = '" + "\\N{" * 1000 + "'",
        "x = 1" + "0" * 10_000,
        "\0",
        "x = lambda: " * 1000 + "1",
    ],
)
def test_nested_and_odd_code(folder: Path, chute_new: Run, text: str) -> None:
    (folder / "odd.py").write_text(text)
    run = chute_new("check", str(folder), "--format", "json")
    assert run.returncode == 1, run.stderr
    assert "EN102" not in {each["id"] for each in json.loads(run.stdout)["findings"]}


def _bytes(name: bytes) -> Callable[[Path], Path]:
    return lambda folder: folder / os.fsdecode(name)


@pytest.mark.parametrize("form", command.FORMATS)
@pytest.mark.parametrize(
    "name", [b"caf\xe9.py", b"\xff\xfe.py", b"\xf0\x9f.sh", b"caf\xe9"], ids=repr
)
def test_names_that_are_not_utf_8(folder: Path, chute_new: Run, name: bytes, form: str) -> None:
    path = _bytes(name)(folder)
    if path.suffix:
        path.write_text(CHUTE)
    else:
        path.mkdir()
        (path / "chute.py").write_text(CHUTE)
    run = chute_new("check", str(folder), "--format", form, "--output", "report")
    assert run.returncode == 1, run.stderr
    assert (chute_new.folder / "report").read_bytes().decode()


def test_the_folder_itself_may_have_such_a_name(tmp_path: Path, chute_new: Run) -> None:
    folder = _bytes(b"caf\xe9")(tmp_path)
    folder.mkdir()
    (folder / "chute.py").write_text(CHUTE)
    run = chute_new("check", str(folder), "--fix")
    assert run.returncode == 1, run.stderr
    assert findings(folder)


def test_a_sentence_of_its_own_is_not_taken_for_a_finding(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bound that is reached inside of a check ends the run, or nobody would know."""
    assert checks()
    monkeypatch.setattr(tree, "MAX_ALL_NODES", 3)
    with pytest.raises(Refused):
        findings(folder)
