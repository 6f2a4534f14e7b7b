"""A remedy that is right for most is replaced where it would mislead."""

from pathlib import Path

import pytest

from scaffold.check.engine import examine
from scaffold.check.model import Finding

HEAD = """
import subprocess
from chutes.chute import Chute
from chutes.image import Image
from fastapi.responses import JSONResponse

image = Image(username="alice", name="demo", tag="1.0", readme="A demo.")
chute = Chute(username="alice", name="demo", image=image)
"""


def found(id: str, folder: Path, text: str) -> Finding:
    """The one finding of a check in a chute with this code."""
    file = folder / "chute.py"
    file.write_text(HEAD + text)
    (finding,) = [finding for finding in examine(file).findings if finding.id == id]
    return finding


def test_a_failure_that_is_returned_is_to_be_raised_as_it_is(tmp_path: Path) -> None:
    cord = "@chute.cord(public_api_path='/a')\ndef a(self, data: dict):\n    "
    failed = found("ER105", tmp_path, cord + "return JSONResponse({}, status_code=500)\n")
    refused = found("ER105", tmp_path, cord + "return JSONResponse({}, status_code=413)\n")
    assert "Let the exception out" in failed.fix
    assert "400 or 429" in refused.fix


def test_a_parameter_that_a_get_never_reads_is_to_be_removed(tmp_path: Path) -> None:
    cord = "@chute.cord(public_api_path='/a', public_api_method='GET', method='GET')\n"
    unread = found("IV114", tmp_path, cord + "def a(self, data: dict):\n    return {}\n")
    read = found("IV114", tmp_path, cord + "def a(self, data: dict):\n    return data\n")
    assert unread.fix.startswith("Remove data")
    assert "POST" in read.fix


def test_a_cord_that_is_taken_for_a_method_is_not_to_be_called_by_its_name(tmp_path: Path) -> None:
    code = """
def plain(self, data):
    return data

@chute.cord(public_api_path='/a')
def one(self, data: dict):
    return data

@chute.cord(public_api_path='/b')
def two(self, data: dict):
    return self.NAME(data)
"""
    assert "plain function" in found("SU107", tmp_path, code.replace("NAME", "one")).fix
    assert "by its name" in found("SU107", tmp_path, code.replace("NAME", "plain")).fix
    assert "write the function" in found("SU107", tmp_path, code.replace("NAME", "absent")).fix


@pytest.mark.parametrize(
    ("program", "method"), [("apt-get", "apt_install"), ("pip", "run_command")]
)
def test_a_package_is_to_be_installed_by_what_installs_its_kind(
    tmp_path: Path, program: str, method: str
) -> None:
    hook = f"@chute.on_startup()\ndef load(self):\n    subprocess.run('{program} install a')\n"
    assert method in found("SU118", tmp_path, hook).fix


def test_an_installation_in_case_an_import_fails_is_not_one_of_each_start(tmp_path: Path) -> None:
    hook = """
@chute.on_startup()
def load(self):
    try:
        import words
    except ImportError:
        subprocess.run("pip install words")
"""
    assert "lacks the package" in found("SU118", tmp_path, hook).message


def test_a_cache_that_the_pod_sets_points_elsewhere_during_the_build_only(tmp_path: Path) -> None:
    line = "image = image.with_env('NAME', '/tmp/models')\n"
    assert "build only" in found("CA107", tmp_path, line.replace("NAME", "HF_HOME")).message
    assert "points to" in found("CA107", tmp_path, line.replace("NAME", "TORCH_HOME")).message


@pytest.mark.parametrize("depth", ["--depth 1", "--depth=1"])
def test_a_commit_of_a_clone_without_history_cannot_be_checked_out(
    tmp_path: Path, depth: str
) -> None:
    line = "image = image.run_command('git clone DEPTH https://github.com/a/words')\n"
    shallow = found("PI111", tmp_path, line.replace("DEPTH", depth))
    whole = found("PI111", tmp_path, line.replace("DEPTH ", ""))
    assert shallow.fix.startswith("Clone without --depth")
    assert whole.fix.startswith("After the clone: git -C words checkout COMMIT")


@pytest.mark.parametrize(
    ("written", "meant"),
    [("rtx4090", "4090"), ("RTX_4090", "4090"), ("a100_80gb", "a100"), ("a6000ada", "a6000_ada")],
)
def test_the_name_of_a_gpu_that_was_meant_is_told(tmp_path: Path, written: str, meant: str) -> None:
    code = f"from chutes.chute import NodeSelector\nwhere = NodeSelector(include=['{written}'])\n"
    assert found("HW103", tmp_path, code).message.endswith(f"did you mean '{meant}'?")
