"""An LLM chute that runs, in front of a stub or of real vLLM."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from copier import run_copy

from support import tiny_llm
from support.harness import harness
from support.places import ROOT

STREAMS = 64
MARKER = "xyzzy-private-prompt"
SETTINGS = {
    "username": "alice",
    "name": "my-chute",
    "workload": "llm",
    "model": tiny_llm.MODEL,
    "revision": tiny_llm.REVISION,
    "context_length": tiny_llm.CONTEXT,
    "concurrency": STREAMS,
}
BACKENDS = [
    pytest.param("stub", marks=pytest.mark.whole),
    pytest.param("vllm", marks=pytest.mark.heavy),
]


def vllm() -> str:
    """The interpreter that has vLLM."""
    return os.environ.get("TEST_VLLM_PYTHON") or pytest.skip("no TEST_VLLM_PYTHON")


def sglang() -> Path:
    """The sources of SGLang."""
    source = os.environ.get("TEST_SGLANG_SOURCE") or pytest.skip("no TEST_SGLANG_SOURCE")
    return Path(source) / "sglang"


def rendered(folder: Path, **answers: object) -> Path:
    """A generated repository."""
    run_copy(str(ROOT / "template"), folder, data=SETTINGS | answers, defaults=True, quiet=True)
    return folder


class Served:
    """A running chute, what it is made of, and its official client."""

    def __init__(self, chute: Any) -> None:
        self.chute = chute
        self.options: dict[str, Any] = {
            "base_url": f"{chute.url}/v1",
            "api_key": "none",
            "max_retries": 0,
        }
        # Half a second to import, which tests that serve nothing need not wait for.
        from openai import OpenAI

        # What is asked here is often wrong on purpose, which its types forbid.
        self.openai: Any = OpenAI(**self.options)
        self.model: str = self.openai.models.list().data[0].id
        self.client: httpx.Client = chute.client()

    def chat(self, tokens: int = 16, **more: Any) -> dict[str, Any]:
        """The arguments of a chat that makes so many tokens whatever the engine."""
        content = f"{MARKER} stub: tokens={tokens} delay=0.005"
        return {
            "model": self.model,
            "messages": [{"role": "user", "content": content}],
            "max_tokens": tokens,
            "extra_body": {"ignore_eos": True},
        } | more

    def processes(self) -> list[int]:
        """The chute's process and all below it."""
        found = [self.chute.process.pid]
        for pid in found:
            for task in Path(f"/proc/{pid}/task").glob("*/children"):
                found += map(int, task.read_text().split())
        return found

    def engine(self) -> httpx.Client:
        """A client of the engine itself, with the key that only the chute has."""
        # The guard has the engine's command among its arguments.
        pid = [pid for pid in self.processes() if "--port" in words(pid)][1]
        port = words(pid)[words(pid).index("--port") + 1]
        lines = Path(f"/proc/{pid}/environ").read_text().split("\0")
        key = next(line for line in lines if line.startswith("VLLM_API_KEY=")).partition("=")[2]
        return httpx.Client(
            base_url=f"http://127.0.0.1:{port}",
            headers={"Authorization": f"Bearer {key}"},
            timeout=120,
            trust_env=False,
        )

    def holds(self) -> tuple[int, int]:
        """How many file descriptors and threads the chute's process has."""
        folder = Path(f"/proc/{self.chute.process.pid}")
        return len(list((folder / "fd").iterdir())), len(list((folder / "task").iterdir()))

    def metric(self, name: str) -> float:
        """One number of the chute's own."""
        lines = self.client.get("/_metrics").text.splitlines()
        return float(next(line for line in lines if line.startswith(f"{name} ")).split()[1])


@contextmanager
def serving(
    backend: str, folder: Path, engine_arguments: str = "", **answers: object
) -> Iterator[Served]:
    """The chute under `chutes run --dev`, its engine with more arguments of its own."""
    repository = rendered(folder / "repository", **answers)
    running: Any = harness(repository)
    running.START_SECONDS = 300.0
    environment = tiny_llm.environment(folder / "cache", vllm()) if backend == "vllm" else {}
    if engine_arguments:
        environment["CHUTE_ENGINE_ARGS"] += f" {engine_arguments}"
    with running.RunningChute(running.DEVELOPMENT, folder / "log", **environment) as chute:
        yield Served(chute)


def words(pid: int) -> list[str]:
    """The command line of a process."""
    return Path(f"/proc/{pid}/cmdline").read_text().split("\0")


def memory(pid: int) -> int:
    """Resident pages; of an engine's processes the one with the model has the most."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1])


def gone(processes: list[int], within: float = 15.0) -> bool:
    """Whether they all end."""
    deadline = time.monotonic() + within
    while any(alive(pid) for pid in processes):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def alive(pid: int) -> bool:
    """Whether it exists and is no zombie."""
    try:
        return " Z " not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
