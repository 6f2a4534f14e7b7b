"""Fixes: made, shown, final, and no more than that."""

from collections.abc import Callable
from pathlib import Path

import pytest

from scaffold.check import catalog, findings
from scaffold.check.engine import examine
from scaffold.check.fixes import edited
from scaffold.check.model import Edit
from support.checking import GOOD, HEAD
from support.command import Run


def test_fixes_are_made_shown_and_final(write: Callable[..., Path], chute_new: Run) -> None:
    source = (
        "chute = Chute(\n    username='alice',\n    name='demö',\n    image='alice/demo:1.0',\n"
        "    node_selector=NodeSelector(include=['PRO_6000', 'H100']),\n)\n\n\n"
        "@chute.on_startup\nasync def load(self):\n    self.ready = True\n"
    )
    folder = write(chute_py=HEAD + source)
    run = chute_new("check", str(folder), "--fix")
    text = (folder / "chute.py").read_text(encoding="utf-8")
    assert "+    tee=True" in run.stderr
    assert "include=['pro_6000', 'h100']" in text
    assert "    image='alice/demo:1.0',\n" in text
    assert "    tee=True,\n)" in text
    assert "@chute.on_startup()\n" in text
    left = {finding.id for finding in findings(folder)}
    assert not left & {"HW101", "HW104", "SU103"}
    assert chute_new("check", str(folder), "--fix").stderr.strip() == (
        "Nothing here can be fixed mechanically."
    )


def test_one_run_fixes_all_and_keeps_what_misspelt_arguments_say(
    write: Callable[..., Path], chute_new: Run
) -> None:
    source = (
        '# -*- coding: latin-1 -*-\nimage = Image(username="alice", name="demo", tag="1.0")\n'
        'image.run_command("pip install a>=1 b>=2 c>=3")  # für alle\n'
        f"chute = {GOOD}, max_instance=3,\r\n"
        "    node_selector=NodeSelector(min_vram_gpu_per_gpu=48, num_gpus=2))\n"
    )
    folder = write(chute_py="") / "chute.py"
    folder.write_bytes((HEAD + source).replace("# -*-", "#", 0).encode("latin-1"))
    head, body = source.split("\n", 1)
    folder.write_bytes(f"{head}\n{HEAD}{body}".encode("latin-1"))
    chute_new("check", str(folder), "--fix")
    fixed = folder.read_bytes().decode("latin-1")
    assert "pip install 'a>=1' 'b>=2' 'c>=3'\")  # für alle" in fixed
    assert "max_instances=3" in fixed
    assert "min_vram_gb_per_gpu=48" in fixed
    assert "gpu_count=2" in fixed
    assert "tee=True" in fixed
    assert [f.id for f in findings(folder) if f.edits] == []
    assert fixed.count("\r\n") == 1


def test_a_remedy_is_about_what_was_found(write: Callable[..., Path]) -> None:
    source = (
        f"chute = {GOOD}, max_instance=3,\n"
        "    node_selector=NodeSelector(min_vram_gb=48, gpu_cont=2, gpu_count=1))\n"
    )
    words = ["chutes", "deploy", "chute:chute", "--accept-fee"]
    script = f"import subprocess\n\n\nsubprocess.run({words})\n"
    found = findings(write(chute_py=HEAD + source, ship_py=script))
    assert {f.fix for f in found if f.id in ("SD101", "HW110", "CI103")} == {
        "Call it max_instances.",
        "Call it min_vram_gb_per_gpu.",
        "Remove gpu_cont: gpu_count is given already.",
        "printf 'y\\n' | chutes deploy chute:chute --accept-fee",
    }


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("# -*- coding: latin-1 -*-\n# für\n", ""),
        ("\ufeff# für\n", ""),
        ("# für\n", "is not utf-8"),
    ],
)
def test_a_file_is_read_in_the_encoding_it_declares(
    content: str, says: str, tmp_path: Path
) -> None:
    path = tmp_path / "chute.py"
    written = "utf-8" if content.startswith("\ufeff") else "latin-1"
    path.write_bytes(f"{content}{HEAD}chute = {GOOD}, max_instances=500)\n".encode(written))
    found = {finding.id: finding.message for finding in findings(path)}
    assert says in found.get("EN103", "")
    assert ("LI102" in found) == (not says)
    assert ("EN103" in found) == bool(says)


@pytest.mark.parametrize("id", sorted(catalog.checks()))
def test_every_fix_removes_its_finding_and_keeps_the_file_parsing(id: str, tmp_path: Path) -> None:
    case = Path(__file__).parent / "cases" / id / "bad.py"
    if not case.exists():
        return
    found = [f for f in examine(case).findings if f.id == id and f.edits]
    if not found:
        return
    copy = tmp_path / "bad.py"
    copy.write_bytes(edited(case.read_bytes(), [edit for f in found for edit in f.edits]))
    after = examine(copy)
    assert [f for f in after.findings if f.id in (id, "EN103")] == []


def test_of_two_edits_that_overlap_one_is_made() -> None:
    edits = [Edit(0, 3, "xyz"), Edit(1, 2, "!"), Edit(3, 3, "+")]
    assert edited(b"abc", edits) in (b"xyz+", b"a!c+")


def test_a_public_method_is_written_in_capital_letters(
    write: Callable[..., Path], chute_new: Run
) -> None:
    source = f"chute = {GOOD})\n\n\n" + "".join(
        f'@chute.cord(public_api_path="/{name}", public_api_method={method})\n'
        f"def {name}(self):\n    return {{}}\n\n\n"
        for name, method in {"models": '"get"', "others": "5"}.items()
    )
    folder = write(chute_py=HEAD + source)
    chute_new("check", str(folder), "--fix")
    text = (folder / "chute.py").read_text()
    assert 'public_api_method="GET"' in text
    assert "public_api_method=5" in text
