"""Links, FIFOs, devices and heaps where a repository has files: neither hang nor crash."""

import os
from pathlib import Path

import pytest

from scaffold import files
from scaffold.errors import BadUsage, Refused
from scaffold.generated import record
from scaffold.generated.module import Module
from scaffold.pins import pin as pins
from scaffold.pins.floating import floating
from scaffold.update import run_update
from support.command import Run

PLACES = ("serving/relay.py", "chutekit/relay.py", "requirements/dev.lock", "ops/image_tag.py")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Enough of a repository for `pin` to begin."""
    folder = tmp_path / "clone"
    for name in PLACES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / "chute.py").write_text('MODEL = "a/b"\n')
    (folder / record.NAME).write_text("_commit: v0.1.0\n")
    return folder


def put(kind: str, path: Path) -> None:
    """Something there that is no file; all of them never end, or lead elsewhere."""
    path.unlink(missing_ok=True)
    if kind == "fifo":
        os.mkfifo(path)
        return
    targets = {
        "link": path.parent.parent.parent / "secret",
        "link to a device": Path("/dev/zero"),
        "link to itself": path,
        "link to a folder": Path("/"),
    }
    (path.parent.parent.parent / "secret").write_text("hush = hush\n")
    path.symlink_to(targets[kind])


KINDS = ("fifo", "link", "link to a device", "link to itself", "link to a folder")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("place", PLACES)
def test_pin_refuses_it_before_it_asks_or_runs_anything(clone: Path, place: str, kind: str) -> None:
    put(kind, clone / place)
    with pytest.raises(Refused, match=r"is a link|neither a file nor a folder") as refused:
        pins.pin(clone)
    assert place in refused.value.message


def test_pin_follows_no_link_to_a_folder(clone: Path, tmp_path: Path) -> None:
    (clone / "serving").rmdir()
    (clone / "serving").symlink_to(tmp_path)
    with pytest.raises(Refused, match="serving is a link"):
        pins.pin(clone)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "place",
    [".github/workflows/ci.yml", "serving/a.py", "scripts/a.sh", "requirements/image.in", "a.sh"],
)
def test_what_looks_for_floating_pins_passes_it_by(clone: Path, place: str, kind: str) -> None:
    (clone / place).parent.mkdir(parents=True, exist_ok=True)
    before = [stale for stale in floating(clone) if stale.where == place]
    (clone / place).write_text("pip install torch\n")
    put(kind, clone / place)
    assert [stale for stale in floating(clone) if stale.where == place] == before


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("place", ["chute.py", "serving/a.py", "pyproject.toml", "Makefile"])
def test_check_passes_it_by(clone: Path, chute_new: Run, place: str, kind: str) -> None:
    put(kind, clone / place)
    run = chute_new("check", str(clone), "--fix")
    assert run.returncode in (0, 1), run.stderr
    assert "hush" not in run.stdout + run.stderr


@pytest.mark.parametrize("kind", ["fifo", "link to a device", "link to a folder"])
@pytest.mark.parametrize("place", ["chute.py", record.NAME])
def test_other_commands_say_what_is_wrong(clone: Path, place: str, kind: str) -> None:
    put(kind, clone / place)
    with pytest.raises((BadUsage, Refused)):
        pins.pin(clone)
    with pytest.raises((BadUsage, Refused)):
        Module.of(clone / "chute.py") if place == "chute.py" else record.read(clone)
    if place == record.NAME:
        with pytest.raises(Refused):
            run_update(clone, None, [], dry_run=True)
        with pytest.raises(BadUsage):
            record.given(clone)


@pytest.mark.parametrize("kind", ["link to a device", "link to itself", "link to a folder"])
@pytest.mark.parametrize("command", ["check", "create", "plan"])
def test_a_file_that_is_named_is_no_reason_to_wait(
    clone: Path, chute_new: Run, command: str, kind: str
) -> None:
    """A FIFO is: `--answers <(...)` is one."""
    named = clone / "serving" / "named"
    put(kind, named)
    options = {
        "check": ("check", str(clone), "--baseline", str(named)),
        "create": ("create", "made", "--answers", str(named), "--dry-run"),
        "plan": ("plan", "--answers", str(named)),
    }
    run = chute_new(*options[command])
    assert run.returncode == 2, run.stderr
    assert "defect" not in run.stderr


def test_copies_are_bounded(clone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (clone / "serving" / "big").write_bytes(b"\0" * 5000)
    monkeypatch.setattr(files, "MAX_COPIED_BYTES", 4000)
    with pytest.raises(Refused, match="serving/big cannot be copied: it has more than"):
        files.copy(clone, tmp_path / "copy", ("serving",))
    monkeypatch.setattr(files, "MAX_COPIED_BYTES", 10**6)
    monkeypatch.setattr(files, "MAX_COPIED_FILES", 0)
    with pytest.raises(Refused, match="more than 0 files"):
        files.copy(clone, tmp_path / "copy", ("serving",))
    monkeypatch.setattr(files, "MAX_COPIED_FILES", 10)
    (clone / "serving" / "/".join("d" * 60)).mkdir(parents=True)
    with pytest.raises(Refused, match="folders deep"):
        files.copy(clone, tmp_path / "copy", ("serving",))


def test_names_that_are_no_text_are_copied(clone: Path, tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9.py")
    (clone / "serving" / name).write_text("a = 1\n")
    (tmp_path / "copy").mkdir()
    files.copy(clone, tmp_path / "copy", ("serving",))
    assert (tmp_path / "copy" / "serving" / name).read_text() == "a = 1\n"
