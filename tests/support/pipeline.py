"""A generated repository, set up, and the platform it is taken to: what pipeline tests share."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml

from support.environments import set_up
from support.machine import need
from support.places import ROOT
from support.platform_double import Double, World
from support.platform_double.identity import Identity

OWNER = "alice"
#: Read back by way of the platform, like all of chute.py.
TAGLINE = "Bilder f\u00fcr alle \u2014 \u5199\u771f"
PATIENCE = {
    "OPS_REQUEST_SECONDS": "3",
    "OPS_RETRY_SECONDS": "0.6",
    "OPS_BUILD_SECONDS": "12",
    "OPS_DEPLOY_SECONDS": "12",
    "OPS_CACHE_SECONDS": "8",
    "OPS_FLIGHT_SECONDS": "1",
    "OPS_WAKE_SECONDS": "8",
}
#: For what must succeed, on a busy machine too.
PATIENT = {
    "OPS_REQUEST_SECONDS": "30",
    "OPS_RETRY_SECONDS": "20",
    "OPS_BUILD_SECONDS": "120",
    "OPS_DEPLOY_SECONDS": "120",
    "OPS_WAKE_SECONDS": "120",
}
#: Git's, for what is done outside of a test function.
IDENTITY = {
    f"GIT_{role}_{what}": "test@localhost"
    for role in ("AUTHOR", "COMMITTER")
    for what in ("NAME", "EMAIL")
}
STEPS = {
    "build": ["build"],
    "deploy": ["deploy"],
    "smoke": ["smoke", "staging"],
    "promote": ["promote"],
    "rollback": ["rollback"],
}


Begin = Callable[[str], World]


@dataclass
class Bench:
    """A generated repository, set up, and the platform it talks to."""

    folder: Path
    double: Double
    identity: Identity
    configuration: Path

    @property
    def environment(self) -> dict[str, str]:
        """What a pipeline sets."""
        hidden = ("VIRTUAL_ENV", "PYTHONPATH", "CHUTES_", "MAKE", "MFLAGS")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
        account = {
            "CHUTES_API_URL": self.double.url,
            "CHUTES_CONFIG_PATH": str(self.configuration),
        }
        return {**kept, **PATIENCE, **account, "CI": "true", "ACCEPT_FEE": "yes"}

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run one of the repository's commands as its Makefile does."""
        command = [".venv/bin/python", "-m", f"chutekit.ops.{arguments[0]}", *arguments[1:]]
        return self.start(command, environment)

    def do(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run one that must succeed, with patience for a busy machine."""
        return done(self.run(*arguments, **{**PATIENT, **environment}))

    def make(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run make."""
        return self.start(["make", *arguments], environment)

    def start(
        self, command: list[str], environment: dict[str, str]
    ) -> subprocess.CompletedProcess[str]:
        """Run a command without a terminal."""
        return subprocess.run(
            command,
            cwd=self.folder,
            env={**self.environment, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )

    def edit(self, tag: str, comment: str) -> None:
        """Make another version: other code and another image."""
        module = self.folder / "chute.py"
        code = re.sub(r'^IMAGE_TAG = ".*"$', f'IMAGE_TAG = "{tag}"', module.read_text(), flags=re.M)
        module.write_text(f"{code}\n# {comment}\n")
        git(self.folder, "commit", "--quiet", "--all", "--message", comment)


@dataclass(frozen=True)
class Moment:
    """Where a step begins: what the platform and the repository know then."""

    world: World
    state: Path


def git(folder: Path, *arguments: str) -> str:
    """Run git in a repository."""
    run = subprocess.run(
        ["git", *arguments],
        cwd=folder,
        env={**os.environ, **IDENTITY},
        capture_output=True,
        text=True,
        check=True,
    )
    return run.stdout


def done(run: subprocess.CompletedProcess[str]) -> subprocess.CompletedProcess[str]:
    """The run, which must have been a success."""
    assert run.returncode == 0, run.stdout[-2000:] + run.stderr[-3000:]
    return run


def generate(folder: Path, shared: Path, **answers: object) -> Path:
    """A generated repository, set up; `shared` keeps its environment for others."""
    need("make")
    file = folder.with_suffix(".yml")
    file.write_text(yaml.safe_dump({"username": OWNER, "name": "my-chute", **answers}))
    subprocess.run(
        [sys.executable, "-m", "scaffold", str(folder), "--answers", str(file), "--no-verify"],
        env={**os.environ, **IDENTITY, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        check=True,
    )
    set_up(folder, shared)
    return folder


@contextmanager
def platform_for(repository: Path) -> Iterator[Bench]:
    """The repository and a platform that knows nothing yet."""
    identity = Identity.new(OWNER)
    configuration = identity.write(repository.with_suffix(".ini"))
    python = str(repository / ".venv" / "bin" / "python")
    with Double(identity, repository / "chutekit" / "testing", python) as double:
        yield Bench(repository, double, identity, configuration)


def walk(bench: Bench) -> dict[str, Moment]:
    """Bring one version to production and the next one on its way: where its steps begin."""
    bench.double.world.build_seconds = 0.5
    for target in ("build", "deploy-staging", "smoke-staging", "promote", "smoke"):
        done(bench.make(target, **PATIENT))
    bench.edit("second-0123456789ab", "the second version")
    found = {}
    for step, command in STEPS.items():
        found[step] = keep(bench, step)
        bench.do(*command)
    found["end"] = keep(bench, "end")
    return found


def keep(bench: Bench, step: str) -> Moment:
    """Remember this moment."""
    state = bench.folder.with_name(f"{bench.folder.name}-{step}")
    shutil.copytree(bench.folder / ".chute", state)
    return Moment(bench.double.world.copy(), state)


def go_back(bench: Bench, moment: Moment) -> World:
    """Make platform and repository what they were at a moment."""
    bench.double.faults.clear()
    bench.double.world = moment.world.copy()
    shutil.rmtree(bench.folder / ".chute", ignore_errors=True)
    shutil.copytree(moment.state, bench.folder / ".chute")
    return bench.double.world


def production(world: World) -> object:
    """What clients of production depend on."""
    chute = world.chute("my-chute")
    return chute and (chute.version, chute.posted, chute.disabled, len(chute.instances))


def says_no(run: subprocess.CompletedProcess[str]) -> None:
    """Check that a failure looks like one and says what to do."""
    told = run.stdout + run.stderr
    assert run.returncode in (1, 3, 4), told
    assert "Traceback" not in told
    if run.returncode != 1 or "error: " in told:
        assert re.search(r"^error: .{10,}$", run.stderr, re.M), told
        assert re.search(r"^hint: .{10,}$", run.stderr, re.M), told
    assert "<html" not in told


def finish(bench: Bench, step: str) -> None:
    """Run the step again; now it must reach its goal."""
    bench.do(*STEPS[step])
    world = bench.double.world
    chute_py = (bench.folder / "chute.py").read_text()
    if step == "build":
        assert any(image.tag == "second-0123456789ab" for image in world.images.values())
    elif step == "deploy":
        staged = world.chute("my-chute-staging")
        assert staged
        assert staged.posted["code"] == chute_py
    elif step == "smoke":
        assert (
            json.loads((bench.folder / ".chute" / "smoke-staging.json").read_text())["ok"] is True
        )
        assert not world.keys, "the key of the test is still there"
    else:
        chute = world.chute("my-chute")
        assert chute
        assert (chute.posted["code"] == chute_py) == (step == "promote")
