"""The image is built for real: the SDK's Dockerfile and build context, by buildah.

On a stand-in base, and with those locked packages that importing chute.py takes: no engine.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from scaffold.pins.locks import constraints, locked
from support import stand_in_base
from support.images import dockerfile, flipped, render
from support.machine import online

pytestmark = pytest.mark.heavy

SECRETS = (".env", ".git/config", "id_ed25519", "chutekit/.env", "chutekit/wallet.json")
PLATFORM = """\
FROM localhost/built:1
USER root
RUN chmod g+rwx /usr/local/lib /usr/local/bin /usr/local/share /usr/local/share/man
USER chutes
RUN pip install chutes=={version}
WORKDIR /app
"""
CONTEXT = """\
import shutil, sys
import chute
from chutes.entrypoint.build import temporary_build_directory
with temporary_build_directory(chute.prod.image) as folder:
    shutil.copytree(folder, sys.argv[1])
"""


class Buildah:
    """Images in a folder of their own; steps run in a chroot, since containers may be forbidden."""

    def __init__(self, folder: Path) -> None:
        stores = ("--root", str(folder / "images"), "--runroot", str(folder / "run"))
        self.command = ["buildah", *stores, "--storage-driver", "vfs"]
        self.environment = {**os.environ, "BUILDAH_ISOLATION": "chroot"}

    def run(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        """What buildah did, with both of its outputs in one."""
        return subprocess.run(
            [*self.command, *map(str, arguments)],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    def build(self, text: str, context: Path, name: str) -> subprocess.CompletedProcess[str]:
        """Build a Dockerfile that is not part of its context."""
        file = context.with_name(f"{context.name}.Dockerfile")
        file.write_text(text)
        return self.run("bud", "--network", "host", "-t", name, "-f", file, context)


@pytest.fixture(scope="module")
def buildah(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Buildah]:
    prefix = stand_in_base.python()
    if not shutil.which("buildah") or prefix is None or os.getuid():
        pytest.skip("needs buildah, Python 3.12 and root")
    online()
    folder = tmp_path_factory.mktemp("buildah")
    tool = Buildah(folder)
    (folder / "base").mkdir()
    stand_in_base.archive(prefix, folder / "base")
    done = tool.build("FROM scratch\nADD root.tar /\n", folder / "base", stand_in_base.NAME)
    assert done.returncode == 0, done.stdout
    yield tool
    tool.run("rm", "--all")
    shutil.rmtree(folder)


def small_lock(repository: Path) -> str:
    """The entries of the image's lock that chute.py needs: those that laptops have too."""
    requirements = repository / "requirements"
    laptop = locked((requirements / "dev.lock").read_text())
    entries = re.findall(
        r"^\S+==.*(?:\n    --hash=.*)+", (requirements / "image.lock").read_text(), re.MULTILINE
    )
    return "\n".join(entry for entry in entries if entry.split("==")[0].lower() in laptop) + "\n"


def context_of(repository: Path, target: Path) -> set[str]:
    """What the SDK uploads, copied to `target`."""
    done = subprocess.run(
        [sys.executable, "-B", "-c", CONTEXT, str(target)],
        cwd=repository,
        env={**os.environ, "CHUTES_ALLOW_MISSING": "true"},
        input="n\ny\n",
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return {path.relative_to(target).as_posix() for path in target.rglob("*") if path.is_file()}


@pytest.mark.parametrize("engine", ["diffusers", "vllm"])
def test_image_builds_and_the_chute_imports_in_it(
    buildah: Buildah, tmp_path: Path, engine: str
) -> None:
    repository = render(tmp_path / "repository", engine)
    lock = small_lock(repository)
    (repository / "requirements/image.lock").write_text(lock)
    (repository / "requirements/constraints.txt").write_text(constraints(lock))
    for name in SECRETS:
        (repository / name).parent.mkdir(exist_ok=True)
        (repository / name).write_text("secret")
    uploaded = context_of(repository, tmp_path / "context")
    assert {name for name in uploaded if not re.fullmatch(r"chutekit/(\w+/)*\w+\.py", name)} == {
        "requirements/constraints.txt",
        "requirements/image.lock",
    }
    text = re.sub(r"^FROM .*", f"FROM {stand_in_base.NAME}", dockerfile(repository))
    built = buildah.build(text, tmp_path / "context", "localhost/built:1")
    assert built.returncode == 0, built.stdout[-3000:]
    (tmp_path / "empty").mkdir()

    def platform(version: str) -> subprocess.CompletedProcess[str]:
        return buildah.build(PLATFORM.format(version=version), tmp_path / "empty", "final:1")

    refused = platform("0.3.61")
    assert refused.returncode != 0
    assert re.search("ResolutionImpossible|conflict", refused.stdout), refused.stdout[-3000:]
    added = platform("0.6.8")
    assert added.returncode == 0, added.stdout[-3000:]
    container = buildah.run("from", "localhost/final:1").stdout.split()[-1]
    buildah.run("copy", container, repository / "chute.py", "/app/chute.py")
    code = (
        "import importlib.metadata as m, chute; from chutekit.serving import drift; drift.check();"
        "print(chute.prod.name, m.version('chutes'))"
    )
    said = buildah.run("run", container, "--", "python", "-c", code)
    assert said.returncode == 0, said.stdout[-3000:]
    assert '"sdk_untested"' in said.stdout
    assert said.stdout.split()[-1] == "0.6.8"
    frozen = buildah.run("run", container, "--", "pip", "freeze").stdout
    pins = {re.sub("[-_.]+", "-", name): version for name, version in locked(frozen).items()}
    expected = {name: version for name, version in locked(lock).items() if name != "chutes"}
    assert {name: pins.get(name) for name in expected} == expected


def test_changed_byte_of_the_lock_fails_the_build(buildah: Buildah, tmp_path: Path) -> None:
    repository = render(tmp_path / "repository", "diffusers")
    entry = re.search(r"^idna==.*(\n    --hash=.*)+", small_lock(repository), re.MULTILINE)
    assert entry
    changed = re.sub(r"sha256:(.)", lambda digit: flipped(digit[1]), entry[0])
    (repository / "requirements/image.lock").write_text(f"{changed}\n")
    context_of(repository, tmp_path / "context")
    text = re.sub(r"^FROM .*", f"FROM {stand_in_base.NAME}", dockerfile(repository))
    built = buildah.build(text, tmp_path / "context", "localhost/broken:1")
    assert built.returncode != 0
    assert "DO NOT MATCH THE HASHES" in built.stdout
