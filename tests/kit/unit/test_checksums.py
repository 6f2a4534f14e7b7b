"""The model's files against the list in chute.py."""

import hashlib
import json
from pathlib import Path

import pytest
from chutekit.serving import checksums
from chutekit.serving.lifecycle import StartupError

CONTENT = {"unet/a.safetensors": b"a" * 5000, "vae/b.safetensors": b"b" * 70}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder as the hub's client leaves it: links into a store of blobs."""
    for name, content in CONTENT.items():
        blob = tmp_path / "blobs" / name.replace("/", "-")
        blob.parent.mkdir(exist_ok=True)
        blob.write_bytes(content)
        link = tmp_path / "snapshot" / name
        link.parent.mkdir(parents=True)
        link.symlink_to(blob)
    return tmp_path / "snapshot"


def listing(**changed: bytes) -> str:
    """WEIGHTS as `make pin` writes it."""
    lines = [
        f"{hashlib.sha256(content).hexdigest()} {len(content)} {name}"
        for name, content in {**CONTENT, **changed}.items()
    ]
    return "\n" + "\n".join(lines) + "\n"


def event(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    return dict(json.loads(capsys.readouterr().out.splitlines()[-1]))


def test_files_as_listed_are_counted(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    checksums.check(folder, listing())
    said = event(capsys)
    assert (said["event"], said["files"], said["bytes"]) == ("weights_checked", 2, 5070)


def test_of_several_models_each_is_compared_with_its_own_lines(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = "\n".join(
        f"{each.sha256} {each.size} a/one/{each.path}" for each in checksums.read(listing())
    )
    others = f"{'0' * 64} 7 a/one-more/unet/a.safetensors\n{'1' * 64} 7 b/two/a/one/x.safetensors"
    checksums.check(folder, checksums.of("a/one", f"{others}\n{mine}"))
    assert event(capsys)["files"] == 2
    checksums.check(folder, checksums.of("c/three", mine))
    assert event(capsys)["reason"] == "WEIGHTS in chute.py lists none"


def test_a_listed_file_that_was_not_wanted_does_not_count(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    checksums.check(folder, listing(**{"original/c.safetensors": b"c"}))
    assert event(capsys)["files"] == 2


@pytest.mark.parametrize("content", [b"A" + b"a" * 4999, b"a" * 4999], ids=["hash", "size"])
def test_another_file_ends_start_up_and_is_deleted(folder: Path, content: bytes) -> None:
    name = "unet/a.safetensors"
    (folder / name).resolve().write_bytes(content)
    with pytest.raises(StartupError, match="1 files are not those .* unet/a.safetensors"):
        checksums.check(folder, listing())
    assert not (folder / name).exists()
    assert (folder / "vae/b.safetensors").is_file()


def test_without_a_list_it_says_so_and_goes_on(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    checksums.check(folder, "")
    assert event(capsys)["event"] == "weights_unlisted"


def test_a_list_of_other_files_is_not_called_empty(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    checksums.check(folder, f"{'0' * 64} 1 original/c.safetensors")
    assert event(capsys)["reason"] == "no listed file is there"


def test_a_broken_list_ends_start_up(folder: Path) -> None:
    with pytest.raises(StartupError, match="make pin"):
        checksums.check(folder, "0000 many unet/a.safetensors")
