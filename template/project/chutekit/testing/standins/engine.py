"""Starts the stub engine where the engine's own `launch` starts the real one."""

from __future__ import annotations

import os
import sys

from chutekit.engines.engine import EngineSettings, Launch

METRICS = {
    "stub:prompt_tokens_total": "prompt_tokens",
    "stub:generated_tokens_total": "generated_tokens",
    "stub:requests_running": "running_requests",
}


def launch(settings: EngineSettings, api_key: str) -> Launch:
    """Return how to start it. CHUTE_STUB says how it shall misbehave at its start."""
    return Launch(
        command=[sys.executable, "-m", f"{__package__}.{_api(settings)}", *_arguments(settings)],
        environment={"STUB_API_KEY": api_key, "PYTHONUNBUFFERED": "1"},
        metrics=METRICS,
        progress=("prompt_tokens", "generated_tokens"),
    )


def _api(settings: EngineSettings) -> str:
    """The module beside this one that speaks as the engine would."""
    if settings.embedding:
        return "embeddings"
    if settings.classifying:
        return "classification"
    return "ranking" if settings.ranking else "chat"


def _arguments(settings: EngineSettings) -> list[str]:
    chosen = {
        "--port": str(settings.port),
        "--served-model-name": settings.served_name,
        "--max-model-len": str(settings.context_length),
        "--start": os.environ.get("CHUTE_STUB", ""),
    }
    return [word for pair in chosen.items() for word in pair]
