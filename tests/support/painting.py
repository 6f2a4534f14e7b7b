"""A chute of pictures or of speech that runs, with the stub or with the real model's library."""

import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
from copier import run_copy

from support.harness import harness
from support.places import ROOT, TESTS

LISTED = ("stabilityai/stable-diffusion-xl-base-1.0", "462165984030d82259a11f4367a4eed129e94a7b")
KLEIN = ("black-forest-labs/FLUX.2-klein-4B", "e7b7dc27f91deacad38e78976d1f2b499d76a294")
UNLISTED = ("someone/something", "0123456789abcdef0123456789abcdef01234567")
START_SECONDS = 180.0
MARKER = "xyzzy-private-prompt"
SMALL = {"width": 256, "height": 256, "steps": 1}


class Served:
    """A running chute and the module of its own tests that started it."""

    def __init__(self, chute: Any) -> None:
        self.chute = chute
        self.client: httpx.Client = chute.client(headers={"content-type": "application/json"})

    def post(self, content: bytes, path: str = "/generate") -> httpx.Response:
        """Send a body."""
        return self.client.post(path, content=content)


Kind = TypeVar("Kind", bound=Served)


def interpreter(backend: str) -> str:
    """The Python that has what a backend needs."""
    if backend != "stub":
        found = os.environ.get("TEST_DIFFUSERS_PYTHON")
        return found or pytest.skip("TEST_DIFFUSERS_PYTHON is not set")
    if not all(importlib.util.find_spec(name) for name in ("chutes", "PIL")):
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)("needs chutes and pillow")
    return sys.executable


def painting(backend: str, folder: Path, *tiny: str) -> AbstractContextManager[Served]:
    """An image chute under `chutes run --dev`; `tiny` are more arguments for tiny_sdxl.py."""
    model, revision = UNLISTED if backend == "diffusers-unlisted" else LISTED
    variant = ("--variant", "fp16") if (model, revision) == LISTED else ()
    answers = {"model": model, "revision": revision}
    return running(Served, backend, folder, answers, ("tiny_sdxl.py", *variant, *tiny))


def editing(backend: str, folder: Path) -> AbstractContextManager[Served]:
    """An image chute that changes pictures, with FLUX.2 klein."""
    model, revision = KLEIN
    answers = {"task": "edit", "model": model, "revision": revision}
    return running(Served, backend, folder, answers, ("tiny_klein.py",))


@contextmanager
def running(
    kind: type[Kind], backend: str, folder: Path, asked: dict[str, str], tiny: tuple[str, ...]
) -> Iterator[Kind]:
    """The chute of these answers; `tiny` is the program that writes its model, with arguments.

    No log may show what was sent, nor a trace.
    """
    python = interpreter(backend)
    repository = folder / "repository"
    answers = {"username": "alice", "name": "my-chute", **asked}
    run_copy(str(ROOT / "template"), repository, answers, defaults=True, quiet=True)
    environment = {"CHUTE_BACKEND": "stub", "OMP_NUM_THREADS": "1"}
    if backend != "stub":
        hub = folder / "huggingface"
        program, *more = tiny
        command = [python, str(TESTS / "support" / program), str(hub)]
        command += [asked["model"], asked["revision"], *more]
        subprocess.run(command, check=True, capture_output=True)
        environment |= {"CHUTE_BACKEND": "", "HF_HOME": str(hub), "HF_HUB_OFFLINE": "1"}
    own: Any = harness(repository)
    own.START_SECONDS = START_SECONDS
    command = [str(Path(python).with_name("chutes")), *own.DEVELOPMENT[1:]]
    with own.RunningChute(command, folder / "log", **environment) as chute:
        served = kind(chute)
        with served.client:
            yield served
    log = chute.log.read_text()
    assert MARKER not in log
    assert "Traceback" not in log
