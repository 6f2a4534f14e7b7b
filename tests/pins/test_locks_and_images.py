"""Locks and images: what is in them is what was asked for."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from dockerfile_parse import DockerfileParser

from scaffold.errors import Failed
from scaffold.pins.locks import ANYWHERE, compile_lock
from support.images import TEMPLATE, dockerfile, flipped, render
from support.machine import need, online

ENGINES = ("diffusers", "vllm", "sglang")


@pytest.mark.parametrize("engine", ENGINES)
def test_engine_is_asked_for_by_its_exact_version(engine: str) -> None:
    source = TEMPLATE / "project" / f"{{{{ layer.{engine} }}}}" / "requirements" / "image.in"
    assert re.search(rf"^{engine}==\d", source.read_text(), re.MULTILINE)


@pytest.mark.parametrize("engine", ENGINES)
def test_image_has_kernels_for_the_gpu_that_can_be_deployed(engine: str) -> None:
    """Compute capability 12.0 came with PyTorch 2.7 for CUDA 12.8."""
    folder = TEMPLATE / "project" / f"{{{{ layer.{engine} }}}}" / "requirements"
    locked = dict(
        re.findall(r"^([\w-]+)==([\w.]+)", (folder / "constraints.txt").read_text(), re.M)
    )
    assert tuple(map(int, locked["torch"].split(".")[:2])) >= (2, 7)
    assert tuple(map(int, locked["cuda-toolkit"].split(".")[:2])) >= (12, 8)


@pytest.mark.whole
def test_lock_that_cannot_be_made_leaves_the_old_one(tmp_path: Path) -> None:
    online()
    (tmp_path / "x.in").write_text("idna==0.0.0.1\n")
    (tmp_path / "x.lock").write_text("old\n")
    with pytest.raises(Failed, match=r"idna==0\.0\.0\.1"):
        compile_lock(tmp_path, "x.in", "x.lock", ANYWHERE)
    assert (tmp_path / "x.lock").read_text() == "old\n"


@pytest.mark.whole
def test_package_with_a_changed_byte_is_refused(firm: Path, tmp_path: Path) -> None:
    online()
    lock = (firm / "requirements" / "image.lock").read_text()
    entry = re.search(r"^idna==.*(\n    --hash=.*)+", lock, re.MULTILINE)
    assert entry
    download = ["pip", "download", "--no-deps", "--require-hashes", "--quiet", "--dest", "files"]
    outcomes = []
    for text in (entry[0], re.sub(r"sha256:(.)", lambda digit: flipped(digit[1]), entry[0])):
        (tmp_path / "image.lock").write_text(f"{text}\n")
        command = [sys.executable, "-m", *download, "-r", "image.lock"]
        outcomes.append(subprocess.run(command, cwd=tmp_path, capture_output=True, text=True))
    assert outcomes[0].returncode == 0, outcomes[0].stderr
    assert outcomes[1].returncode != 0
    assert "DO NOT MATCH THE HASHES" in outcomes[1].stderr


@pytest.mark.whole
@pytest.mark.parametrize("engine", ENGINES)
def test_dockerfile_is_valid_and_lints_clean(
    engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools = Path(sys.executable).parent
    monkeypatch.setenv("PATH", f"{tools}{os.pathsep}{os.environ['PATH']}")
    need("hadolint")
    text = dockerfile(render(tmp_path / "repository", engine))
    parser = DockerfileParser(path=str(tmp_path))
    parser.content = text
    known = {"FROM", "USER", "RUN", "ADD", "ENV"}
    assert {step["instruction"] for step in parser.structure} <= known
    assert all("\n" not in step["content"].strip() for step in parser.structure)
    assert parser.envs["PIP_CONSTRAINT"] == "/app/requirements/constraints.txt"
    users = [step["value"] for step in parser.structure if step["instruction"] == "USER"]
    assert users[-1] == "chutes"
    # The SDK knows no COPY (DL3020), and the platform's user has a name (DL3066).
    lint = ["hadolint", "--ignore", "DL3020", "--ignore", "DL3066", "--format", "json", "-"]
    found = subprocess.run(lint, input=text, capture_output=True, text=True, check=False)
    assert json.loads(found.stdout) == []


@pytest.mark.whole
def test_tag_changes_with_the_content_and_only_with_it(repository: Path) -> None:
    def wanted() -> str:
        command = [sys.executable, "-B", "-m", "chutekit.ops.image_tag", "--json"]
        done = subprocess.run(command, cwd=repository, capture_output=True, text=True)
        return str(json.loads(done.stdout)["wanted"])

    first = wanted()
    (repository / "chutekit" / "serving" / "notes.txt").write_text("not code, not in the image")
    (repository / ".env").write_text("CHUTES_API_KEY=cpk_secret")
    (repository / "chutekit" / "serving" / "__pycache__").mkdir(exist_ok=True)
    (repository / "chutekit" / "serving" / "__pycache__" / "app.pyc").write_bytes(b"")
    assert wanted() == first
    support = repository / "chutekit" / "serving" / "errors.py"
    original = support.read_text()
    support.write_text(f"{original}\n")
    assert wanted() != first
    support.write_text(original)
    assert wanted() == first
