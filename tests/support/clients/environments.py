"""Each client in a locked environment of its own, kept as long as its lock stays the same.

They are in `.venv-clients`, which git ignores. Python's locks are requirements with hashes; npm's
have no addresses, only versions and hashes, which `npm ci` compares all the same.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from uv import find_uv_bin

from support.machine import need
from support.places import ROOT, TESTS

PROGRAMS = TESTS / "clients"
KEPT = ROOT / ".venv-clients"
#: What a client may take for all its features.
SECONDS = 300
#: What clients ask of the network by themselves, prices of models and the like, fails at once.
NO_NETWORK = {
    "HTTP_PROXY": "http://127.0.0.1:9",
    "HTTPS_PROXY": "http://127.0.0.1:9",
    "NO_PROXY": "127.0.0.1",
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
}
NAME = re.compile(r"^([A-Za-z0-9._-]+)(?:\[.*\])?")


@dataclass(frozen=True)
class Client:
    """One client: the language, and the name of its program and of its lock."""

    language: str
    name: str

    def __str__(self) -> str:
        return f"{self.language}-{self.name}"

    @property
    def program(self) -> Path:
        """What drives it."""
        suffix = {"python": "py", "javascript": "mjs"}[self.language]
        return PROGRAMS / self.language / f"{self.name}.{suffix}"

    @property
    def lock(self) -> Path:
        """All that it needs, with hashes."""
        place = PROGRAMS / "locks" / self.language / self.name
        return place.with_suffix(".txt") if self.language == "python" else place / LOCK

    @property
    def versions(self) -> dict[str, str]:
        """What was asked for, and the version of each in the lock."""
        if self.language == "python":
            wanted = self.lock.with_suffix(".in").read_text().split()
            text = self.lock.read_text()
            names = [found[1] for one in wanted if (found := NAME.match(one))]
            return {name: re.findall(rf"(?m)^{name}==(\S+)", text)[0] for name in names}
        packages = json.loads(self.lock.read_text())["packages"]
        names = packages[""]["dependencies"]
        return {name: packages[f"node_modules/{name}"]["version"] for name in names}

    def run(self, addresses: dict[str, str]) -> dict[str, str]:
        """What came of each feature, at these addresses."""
        folder = _installed(self)
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder / "home"),
            "CLIENT_KEY": str(self),
            **NO_NETWORK,
            **addresses,
        }
        if self.language == "python":
            environment["PYTHONPATH"] = str(PROGRAMS / "shared")
            command = [str(folder / "bin" / "python"), "-P", str(self.program)]
        else:
            # Node looks for packages beside the program.
            for file in (self.program, PROGRAMS / "shared" / "common.mjs"):
                shutil.copy(file, folder)
            command = ["node", str(folder / self.program.name)]
        done = subprocess.run(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
        told: dict[str, str] = json.loads(done.stdout.splitlines()[-1])
        return told


LOCK = "package-lock.json"


def clients() -> list[Client]:
    """All of them, by their programs."""
    return [
        Client(language, path.stem)
        for language, suffix in (("python", "py"), ("javascript", "mjs"))
        for path in sorted((PROGRAMS / language).glob(f"*.{suffix}"))
    ]


def _installed(client: Client) -> Path:
    """The environment of a client, made when its lock is new."""
    made = hashlib.sha256(client.lock.read_bytes() + sys.version.encode()).hexdigest()
    folder = KEPT / str(client)
    finished = folder / "finished"
    if finished.is_file() and finished.read_text() == made:
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    {"python": _python, "javascript": _javascript}[client.language](client, folder)
    (folder / "home").mkdir()
    finished.write_text(made)
    return folder


def _python(client: Client, folder: Path) -> None:
    python = str(folder / "bin" / "python")
    _do([find_uv_bin(), "venv", "--quiet", "--clear", "--python", sys.executable, str(folder)])
    install = [find_uv_bin(), "pip", "install", "--quiet", "--python", python, "--no-deps"]
    locked = ["--require-hashes", "--requirement", str(client.lock)]
    _do([*install, "--only-binary", ":all:", *locked])


def _javascript(client: Client, folder: Path) -> None:
    need("npm")
    for name in ("package.json", LOCK):
        shutil.copy(client.lock.with_name(name), folder)
    _do(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], folder)


def _do(command: list[str], folder: Path | None = None) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
