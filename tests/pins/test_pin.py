"""What is pinned stays pinned: locks, base images, image tags and `pin` itself."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from scaffold.errors import BadUsage, OutsideFailure
from scaffold.pins import pin as pins
from scaffold.pins.floating import Stale
from scaffold.pins.locks import locked
from support.command import Run
from support.harness import free_port
from support.images import NEW_COMMIT, contents, render
from support.machine import online
from support.registries import (
    AMD64,
    Registry,
    answering,
)
from support.wheels import wheel


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


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """No registry, hub or index answers."""
    address = f"http://127.0.0.1:{free_port()}"
    for name in ("HF_ENDPOINT", "CHUTE_NEW_REGISTRY", "UV_DEFAULT_INDEX", "UV_INDEX_URL"):
        monkeypatch.setenv(name, address)
    monkeypatch.setattr("scaffold.pins.registry.time.sleep", lambda _: None)
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    monkeypatch.setenv("UV_NO_CACHE", "1")


@pytest.mark.path
def test_what_can_be_known_without_a_network_decides(repository: Path, nowhere: None) -> None:
    """A stale image tag is stale, whoever does not answer."""
    module = repository / "chute.py"
    module.write_text(re.sub(r'IMAGE_TAG = "[^"]+"', 'IMAGE_TAG = "vllm-0"', module.read_text()))
    before = contents(repository)
    found = pins.pin(repository, check=True)
    assert "image tag" in {stale.what for stale in found.stale}
    assert {unasked.what for unasked in found.unasked} == {"base", "model", "packages"}
    assert found.as_json()["unasked"][0]["why"].startswith("The registry ")
    assert "Not asked: model: The hub did not answer" in found.table()
    assert contents(repository) == before


@pytest.mark.path
def test_the_exit_code_says_whether_something_is_stale_or_unasked(
    firm: Path, tmp_path: Path, nowhere: None, chute_new: Run
) -> None:
    repository = Path(shutil.copytree(firm, tmp_path / "repository"))
    pins.pin(repository, only=["tag"])
    asked = chute_new("pin", str(repository), "--check", "--only", "model", "--json")
    assert asked.returncode == 4, asked.stdout
    assert [each["what"] for each in json.loads(asked.stdout)["unasked"]] == ["model"]
    told = chute_new("pin", str(repository), "--check", "--only", "model")
    assert told.returncode == 4
    assert "What could be asked is pinned and fresh." in told.stdout
    tag = chute_new("pin", str(repository), "--check", "--only", "tag")
    assert (tag.returncode, tag.stdout) == (0, "Everything is pinned and fresh.\n")
    module = repository / "chute.py"
    module.write_text(re.sub(r'IMAGE_TAG = "[^"]+"', 'IMAGE_TAG = "vllm-0"', module.read_text()))
    assert chute_new("pin", str(repository), "--check", "--only", "model").returncode == 1


@pytest.mark.path
@pytest.mark.parametrize(("keep", "calm"), [(True, "1.0"), (False, "2.0")])
def test_a_package_is_added_and_the_others_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keep: bool, calm: str
) -> None:
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    wheel(wheels, "calm", "1.0")
    wheel(wheels, "added", "3.0", "brought")
    wheel(wheels, "brought", "4.0")
    for name, value in {"FIND_LINKS": str(wheels), "NO_INDEX": "1", "NO_CACHE": "1"}.items():
        monkeypatch.setenv(f"UV_{name}", value)
    requirements = tmp_path / "requirements"
    requirements.mkdir()
    for name in ("dev", "image"):
        (requirements / f"{name}.in").write_text("calm\n")
        (requirements / f"{name}.lock").write_text("")
    list(pins._packages(tmp_path))
    wheel(wheels, "calm", "2.0")
    (requirements / "image.in").write_text("calm\nadded\n")
    told = {each.what: each.why for each in pins._packages(tmp_path, keep=keep)}
    assert told["added"] == told["brought"] == "it is asked for now"
    image = (requirements / "image.lock").read_text()
    assert locked(image) == {"added": "3.0", "brought": "4.0", "calm": calm}
    assert f"calm=={calm}\n" in (requirements / "constraints.txt").read_text()
    assert locked((requirements / "dev.lock").read_text()) == {"calm": calm}


def test_the_files_that_were_written_are_named() -> None:
    stale = (Stale("image tag", "chute.py", "old", "new", "the content has changed"),)
    assert (
        pins.Pins(stale, written=("chute.py", "a.lock"))
        .table()
        .endswith("\nWritten: chute.py, a.lock")
    )
    assert "Written" not in pins.Pins(stale).table()


def test_keeping_is_about_packages(tmp_path: Path) -> None:
    for name in ("chute.py", ".copier-answers.yml"):
        (tmp_path / name).touch()
    with pytest.raises(BadUsage, match="--keep is about packages"):
        pins.pin(tmp_path, keep=True, only=["model"])


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
