"""The chutes that clients are tried on: one that talks, one that makes vectors."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from support.places import TESTS
from support.repositories import rendered

CHAT: dict[str, object] = {"workload": "llm"}
VECTORS: dict[str, object] = {"workload": "llm", "model": "Qwen/Qwen3-Embedding-0.6B"}
#: Ways to a chute: `chutes run --dev`, and the simulated platform.
WAYS = ("laptop", "platform")


@dataclass(frozen=True)
class Fronts:
    """Where the chutes are, and what clients sent them."""

    chat: dict[str, str]
    vectors: dict[str, str]
    models: tuple[str, str]
    recorded: Path

    def addresses(self, way: str) -> dict[str, str]:
        """What a client's program is told."""
        return {
            "CLIENT_WAY": way,
            "CLIENT_CHUTE": self.chat[way],
            "CLIENT_VECTORS": self.vectors[way],
            "CLIENT_MODEL": self.models[0],
            "CLIENT_VECTORS_MODEL": self.models[1],
        }


@contextmanager
def fronts(folder: Path) -> Iterator[Fronts]:
    """Both chutes, both ways; fails when the platform would count a failure of an instance."""
    recorded = folder / "recorded"
    processes = {}
    models = []
    for name, answers in (("chat", CHAT), ("vectors", VECTORS)):
        repository = rendered(answers, folder / name)
        models.append(_model(repository))
        processes[name] = subprocess.Popen(
            [sys.executable, str(TESTS / "support" / "clients" / "front.py"), str(recorded)],
            cwd=repository,
            env=os.environ | {"CHUTES_ALLOW_MISSING": "true"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=(folder / f"{name}.log").open("w"),
            text=True,
        )
    try:
        told = {}
        for name, process in processes.items():
            assert process.stdout
            line = process.stdout.readline()
            assert line, (folder / f"{name}.log").read_text()
            told[name] = json.loads(line)
        yield Fronts(told["chat"], told["vectors"], (models[0], models[1]), recorded)
        for name, process in processes.items():
            assert process.stdin
            process.stdin.close()
            assert process.wait(60) == 0, (folder / f"{name}.log").read_text()[-2000:]
    finally:
        # They end with their input, and their chutes with them.
        for process in processes.values():
            assert process.stdin
            process.stdin.close()
            process.wait(60)


def _model(repository: Path) -> str:
    """The model that a repository serves."""
    lines = (repository / "chute.py").read_text().splitlines()
    text = next(line for line in lines if line.startswith("MODEL = "))
    return str(json.loads(text.removeprefix("MODEL = ")))
