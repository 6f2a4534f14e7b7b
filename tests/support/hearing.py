"""A chute of speech that runs, with the stub or with real transformers."""

import base64
import json
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import httpx

from support.painting import Served, running

MODEL = ("openai/whisper-large-v3", "06f233fe06e710322aca913c1bc4249a0d71fce1")


class Hearing(Served):
    """A running chute of speech."""

    def ask(self, content: bytes, **fields: Any) -> httpx.Response:
        """Send a file to POST /transcribe."""
        return self.send({"audio_b64": base64.b64encode(content).decode(), **fields})

    def send(self, body: Any) -> httpx.Response:
        """Send a body to POST /transcribe."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.post(content, "/transcribe")


def hearing(backend: str, folder: Path) -> AbstractContextManager[Hearing]:
    """A chute of speech under `chutes run --dev`."""
    model, revision = MODEL
    answers = {"workload": "speech", "model": model, "revision": revision, "cache": "lru"}
    return running(Hearing, backend, folder, answers, ("tiny_whisper.py",))
