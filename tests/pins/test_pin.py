"""What is pinned stays pinned: locks, base images, image tags and `pin` itself."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from scaffold.errors import BadUsage, OutsideFailure
from scaffold.pins import pin as pins
from support.harness import free_port
from support.images import NEW_COMMIT, contents, render
from support.machine import online
from support.registries import (
    AMD64,
    Registry,
    answering,
)


@pytest.mark.path
def test_pin_writes_digest_commit_and_tag_into_module_and_answers(
    repository: Path, hub: Registry, models: None
) -> None:
    digest = hub.push("parachutes/base", "1.2.3", AMD64)
    found = pins.pin(repository, only=["base", "model"])
    base = f"parachutes/base:1.2.3@{digest}"
    assert found.written == ("chute.py", ".copier-answers.yml")
    code = (repository / "chute.py").read_text()
    assert f'BASE_IMAGE = "{base}"' in code
    assert f'REVISION = "{NEW_COMMIT}"' in code
    answers = (repository / ".copier-answers.yml").read_text()
    assert f"base_image: {base}" in answers
    assert f"revision: {NEW_COMMIT}" in answers
    assert {"base image", "image tag"} <= {stale.what for stale in found.stale}
    again = pins.pin(repository, check=True, only=["base", "model"])
    assert [stale for stale in again.stale if stale.where == "chute.py"] == []
    tag = subprocess.run(
        [sys.executable, "-m", "chutekit.ops.image_tag", "--check"],
        cwd=repository,
        capture_output=True,
    )
    assert tag.returncode == 0


@pytest.mark.whole
def test_pin_lists_the_files_that_the_repository_downloads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = render(tmp_path / "repository", "diffusers")
    names = ("unet/model.fp16.safetensors", "unet/model.safetensors", "unet/model.bin")
    siblings: list[dict[str, Any]] = [
        {"rfilename": name, "lfs": {"sha256": f"{number}" * 64, "size": 5_000_000_000 + number}}
        for number, name in enumerate(names)
    ]
    siblings.append({"rfilename": "model_index.json", "size": 600, "blobId": "0" * 40})
    document = json.dumps({"sha": NEW_COMMIT, "siblings": siblings}).encode()
    with answering((200, document)) as (url, paths):
        monkeypatch.setenv("HF_ENDPOINT", url)
        found = pins.pin(repository, only=["model"])
        again = pins.pin(repository, only=["model"])
    assert paths[0].endswith("/revision/main?blobs=true")
    code = (repository / "chute.py").read_text()
    line = f"{'0' * 64} 5000000000 unet/model.fp16.safetensors"
    assert f'WEIGHTS = """\n{line}\n"""' in code
    assert "1 files, 5.0 GB" in [stale.wanted for stale in found.stale]
    assert "weights" not in [stale.what for stale in again.stale]
    for lint in (["check"], ["format", "--check"]):
        command = [sys.executable, "-m", "ruff", *lint, "--quiet", "chute.py"]
        assert subprocess.run(command, cwd=repository).returncode == 0


@pytest.mark.whole
def test_tag_that_pin_writes_is_the_one_copier_renders(
    repository: Path, hub: Registry, tmp_path: Path
) -> None:
    digest = hub.push("parachutes/base", "1.2.3")
    pins.pin(repository, only=["base"])
    fresh = render(tmp_path / "fresh", base_image=f"parachutes/base:1.2.3@{digest}")
    tag = re.compile(r"^IMAGE_TAG = .*$", re.MULTILINE)
    assert tag.findall((repository / "chute.py").read_text()) == tag.findall(
        (fresh / "chute.py").read_text()
    )


@pytest.mark.whole
def test_check_writes_nothing(repository: Path, hub: Registry, models: None) -> None:
    hub.push("parachutes/base", "1.2.3")
    before = contents(repository)
    found = pins.pin(repository, check=True, only=["base", "model"])
    assert contents(repository) == before
    for stale in found.as_json()["stale"]:
        assert set(stale) == {"what", "where", "now", "wanted", "why"}
        assert stale["now"] != stale["wanted"]
    assert "base image" in found.table()


@pytest.mark.whole
def test_failing_hub_leaves_every_file_as_it_was(
    repository: Path, hub: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.push("parachutes/base", "1.2.3")
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{free_port()}")
    before = contents(repository)
    with pytest.raises(OutsideFailure) as stopped:
        pins.pin(repository, only=["base", "model"])
    assert stopped.value.code == 4
    assert contents(repository) == before


@pytest.mark.whole
def test_unreachable_package_index_leaves_every_file_as_it_was(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}/simple")
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    monkeypatch.setenv("UV_NO_CACHE", "1")
    before = contents(repository)
    with pytest.raises(OutsideFailure) as stopped:
        pins.pin(repository, only=["packages"])
    assert stopped.value.code == 4
    assert contents(repository) == before


def test_other_folders_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadUsage, match=r"no chute\.py"):
        pins.pin(tmp_path)


@pytest.mark.whole
def test_held_back_package_is_found_and_refreshed(repository: Path) -> None:
    online()
    lock = repository / "requirements" / "dev.lock"
    fresh = lock.read_text()
    now = re.search(r"^idna==(\S+)", fresh, re.MULTILINE)
    assert now
    lock.write_text(fresh.replace(f"idna=={now[1]}", "idna==3.4"))
    found = pins.pin(repository, only=["packages"])
    assert ("idna", "3.4") in {(stale.what, stale.now) for stale in found.stale}
    assert "requirements/dev.lock" in found.written
    assert "idna==3.4 " not in lock.read_text()
