"""Repositories by plain copier, and the Dockerfiles of their images."""

import os
import subprocess
import sys
from pathlib import Path

from copier import run_copy

from support.answers import REQUIRED
from support.places import ROOT

TEMPLATE = ROOT / "template"


def render(target: Path, engine: str = "vllm", **answers: object) -> Path:
    workload = "image" if engine == "diffusers" else "llm"
    data = {**REQUIRED, "workload": workload, "engine": engine, **answers}
    run_copy(str(TEMPLATE), target, data=data, defaults=True, quiet=True)
    return target


def flipped(digit: str) -> str:
    return f"sha256:{'0' if digit != '0' else '1'}"


def dockerfile(repository: Path) -> str:
    code = "import chute; print(chute.prod.image)"
    environment = {**os.environ, "CHUTES_ALLOW_MISSING": "true"}
    return subprocess.run(
        [sys.executable, "-B", "-c", code],
        cwd=repository,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout


NEW_COMMIT = "b" * 40


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


BASE = "parachutes/python:3.12.9"
