"""The command that runs an engine."""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Sequence

from chutekit.serving.lifecycle import StartupError, development

#: The only host from which engines may fetch pictures: one that cannot exist (RFC 6761). Without a
#: list of them any may be asked, within the network as well.
NO_HOST = "none.invalid"
#: What any engine is told: nothing is fetched after start-up, nothing is reported to its makers.
ENVIRONMENT = {
    "DO_NOT_TRACK": "1",
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "PYTHONUNBUFFERED": "1",
}


def media(pictures: int) -> str:
    """What a request may bring of each kind, as both engines read it."""
    return json.dumps({"image": pictures, "video": 0, "audio": 0})


def python_module(module: str, arguments: Sequence[str]) -> list[str]:
    """Return the command that runs `module` with this interpreter.

    Under `--dev`, CHUTE_ENGINE_PYTHON may name the interpreter of another environment and
    CHUTE_ENGINE_ARGS add arguments, which is how a real engine runs on a laptop.
    """
    python = os.environ.get("CHUTE_ENGINE_PYTHON")
    extra = os.environ.get("CHUTE_ENGINE_ARGS")
    if (python or extra) and not development():
        raise StartupError("CHUTE_ENGINE_PYTHON and CHUTE_ENGINE_ARGS work only with --dev.")
    return [python or sys.executable, "-m", module, *arguments, *shlex.split(extra or "")]
