"""A new repository knows its model's files, so that no other ones are loaded unnoticed."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from chutekit.serving import checksums

from scaffold.generated.module import Module
from support.command import Run
from support.registries import answering

HASH = "0123456789abcdef" * 4
DIRECTORY = {
    "sha": "0" * 40,
    "siblings": [
        {"rfilename": "model.safetensors", "lfs": {"size": 5, "sha256": HASH}},
        {"rfilename": "config.json"},
    ],
}
ASKED = (
    "out",
    "--defaults",
    "--set",
    "username=alice",
    "--set",
    "name=my-chute",
    "--set",
    "workload=llm",
    "--no-git",
    "--no-verify",
    "--json",
)


def warned(chute_new: Run, *options: str) -> bool:
    """Whether `create` warns of a list that is empty."""
    run = chute_new(*ASKED, *options)
    assert run.returncode == 0, run.stderr
    return any("WEIGHTS" in warning for warning in json.loads(run.stdout)["warnings"])


@pytest.mark.whole
def test_create_lists_the_files_of_the_commit(
    chute_new: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with answering((200, json.dumps(DIRECTORY).encode())) as (url, paths):
        monkeypatch.setenv("HF_ENDPOINT", url)
        assert not warned(chute_new)
    chute = Module.of(tmp_path / "out" / "chute.py")
    (path,) = paths
    assert path.endswith(f"/revision/{chute.text_of('REVISION')}?blobs=true")
    (listed,) = checksums.read(chute.text_of("WEIGHTS") or "")
    assert (listed.sha256, listed.size, listed.path) == (HASH, 5, "model.safetensors")


@pytest.mark.whole
def test_create_lists_the_files_of_each_model_of_ones_own(
    chute_new: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    models = [f"a/one@{'1' * 40}", f"b/two@{'2' * 40}"]
    with answering((200, json.dumps(DIRECTORY).encode())) as (url, paths):
        monkeypatch.setenv("HF_ENDPOINT", url)
        assert not warned(chute_new, "--set", "workload=custom", "--set", f"models={models}")
    assert sorted(path.rpartition("/revision/")[2][:40] for path in paths) == ["1" * 40, "2" * 40]
    listed = checksums.read(Module.of(tmp_path / "out" / "chute.py").text_of("WEIGHTS") or "")
    assert [each.path for each in listed] == ["a/one/model.safetensors", "b/two/model.safetensors"]


def checked(repository: Path) -> str:
    """What `make check` says."""
    done = subprocess.run(
        [sys.executable, "-m", "chutekit.ops.check"],
        cwd=repository,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stderr


@pytest.mark.whole
def test_nothing_is_said_where_nothing_is_downloaded(chute_new: Run, tmp_path: Path) -> None:
    assert not warned(chute_new, "--offline", "--set", "workload=custom")
    assert "WEIGHTS" not in checked(tmp_path / "out")


@pytest.mark.whole
def test_create_goes_on_without_and_says_so(
    chute_new: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with answering((503, b"")) as (url, paths):
        monkeypatch.setenv("HF_ENDPOINT", url)
        assert warned(chute_new)
        assert len(paths) == 1
    assert Module.of(tmp_path / "out" / "chute.py").text_of("WEIGHTS") == ""


@pytest.mark.whole
def test_make_check_and_the_start_say_so(
    chute_new: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert warned(chute_new, "--offline")
    assert "chute.py: WEIGHTS is empty" in checked(tmp_path / "out")
    checksums.check(tmp_path, "")
    assert json.loads(capsys.readouterr().out)["reason"] == "WEIGHTS in chute.py lists none"
