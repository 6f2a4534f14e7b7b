"""A chute of speech that runs, with the stub or with real transformers."""

import base64
import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from copier import run_copy

from support.harness import harness
from support.painting import MARKER, START_SECONDS, Served, interpreter
from support.places import ROOT, TESTS

MODEL = ("openai/whisper-large-v3", "06f233fe06e710322aca913c1bc4249a0d71fce1")


class Hearing(Served):
    """A running chute of speech."""

    def ask(self, content: bytes, **fields: Any) -> httpx.Response:
        """Send a file to POST /transcribe."""
        return self.send({"audio_b64": base64.b64encode(content).decode(), **fields})

    def send(self, body: Any) -> httpx.Response:
        """Send a body to POST /transcribe."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.client.post("/transcribe", content=content)


@contextmanager
def hearing(backend: str, folder: Path) -> Iterator[Hearing]:
    """A chute of speech under `chutes run --dev`; no log may show what was sent, nor a trace."""
    python = interpreter(backend)
    repository = folder / "repository"
    model, revision = MODEL
    answers = {
        "username": "alice",
        "name": "my-chute",
        "workload": "speech",
        "model": model,
        "cache": "lru",
    }
    run_copy(str(ROOT / "template"), repository, answers, defaults=True, quiet=True)
    environment = {"CHUTE_BACKEND": "stub", "OMP_NUM_THREADS": "1"}
    if backend != "stub":
        hub = folder / "huggingface"
        command = [python, str(TESTS / "support" / "tiny_whisper.py"), str(hub), model, revision]
        subprocess.run(command, check=True, capture_output=True)
        environment |= {"CHUTE_BACKEND": "", "HF_HOME": str(hub), "HF_HUB_OFFLINE": "1"}
    running: Any = harness(repository)
    running.START_SECONDS = START_SECONDS
    command = [str(Path(python).with_name("chutes")), *running.DEVELOPMENT[1:]]
    with running.RunningChute(command, folder / "log", **environment) as chute:
        served = Hearing(chute)
        with served.client:
            yield served
    log = chute.log.read_text()
    assert MARKER not in log
    assert "Traceback" not in log
