"""What was edited in chutekit is told by its manifest."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from chutekit.ops.check import KIT, differing

ROOT = Path(__file__).parents[3]


@pytest.mark.whole
def test_the_manifest_is_that_of_this_checkout() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "hooks" / "kit.py"), "--check"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert differing() == {}


def test_edited_and_added_files_are_named(tmp_path: Path) -> None:
    kit = Path(shutil.copytree(KIT, tmp_path / "chutekit"))
    edge = kit / "serving" / "edge.py"
    edge.write_text(f"{edge.read_text()}# mine\n")
    (kit / "serving" / "mine.py").write_text("")
    shutil.rmtree(kit / "engines")
    assert differing(kit) == {"serving/edge.py": "edited", "serving/mine.py": "added"}


def test_other_line_ends_are_no_edit(tmp_path: Path) -> None:
    kit = Path(shutil.copytree(KIT, tmp_path / "chutekit"))
    edge = kit / "serving" / "edge.py"
    edge.write_bytes(edge.read_bytes().replace(b"\n", b"\r\n"))
    assert differing(kit) == {}


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"files": []}', "[" * 100_000, "\ud800"], ids=range(6)
)
def test_a_manifest_that_is_no_list_is_said_to_be_damaged(tmp_path: Path, text: str) -> None:
    kit = Path(shutil.copytree(KIT, tmp_path / "chutekit"))
    (kit / "MANIFEST.json").write_bytes(text.encode(errors="surrogatepass"))
    assert differing(kit) == {"MANIFEST.json": "damaged"}


def test_a_manifest_that_is_gone_is_said_to_be_removed(tmp_path: Path) -> None:
    kit = Path(shutil.copytree(KIT, tmp_path / "chutekit"))
    (kit / "MANIFEST.json").unlink()
    assert differing(kit) == {"MANIFEST.json": "removed"}
